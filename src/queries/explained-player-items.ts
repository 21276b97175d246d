import { PATH_ENDS } from '../domain/attribution/markov/transitions.js';
import {
  Decimal,
  Integer,
  MaybeDecimal,
  MaybeEnum,
  MaybeInteger,
  MaybeNested,
  MaybeText,
  NestedList,
} from './response-fields.js';

/** Names a player of a model over all paths. */
export class PlayerKey {
  @MaybeText('Its value; null: touches without one') key!: string | null;
  @MaybeInteger('How often a path meets it, with the transform `frequency`; else null') times!: number | null;
}

/** A transition of the chain. */
export class TransitionItem {
  @NestedList('The state: the last players of the path, oldest first; empty: its start', () => PlayerKey)
  from!: PlayerKey[];
  @MaybeNested('The next player; null: the path ends', () => PlayerKey) to!: PlayerKey | null;
  @MaybeEnum('How the path ends', PATH_ENDS) end!: string | null;
  @Integer('So many paths went on like this, each as often as it did') count!: number;
}

export class OtherTransitions {
  @Integer('Number of transitions') transitions!: number;
  @Integer('Their counts together') count!: number;
}

/** A coalition of the game. */
export class CoalitionItem {
  @NestedList('Its players', () => PlayerKey) players!: PlayerKey[];
  @Decimal('Worth of the paths with exactly these players: its dividend, which they share evenly')
  own!: number;
  @Decimal('Worth of the coalition: of all paths that meet no player outside it') worth!: number;
  @Decimal('`own` divided by the number of players: the part of the Shapley value') share!: number;
}

export class OtherCoalitions {
  @Integer('Number of coalitions') coalitions!: number;
  @Decimal('Their shares together') share!: number;
}

/** A player behind the number, with what its value follows from. */
export class ExplainedPlayer extends PlayerKey {
  @Decimal('Removal effect (markov) or Shapley value (shapley)') value!: number;
  @MaybeDecimal('Share of paths that would convert without it: `conversionRate` times (1 - removal effect)')
  conversionRateWithout!: number | null;
  @MaybeInteger(
    'How often paths met it: the counts of its entries, and of its exits, add up to this (markov)',
  )
  visits!: number | null;
  @NestedList('The most frequent transitions to it (markov)', () => TransitionItem)
  entries!: TransitionItem[];
  @MaybeNested('The others', () => OtherTransitions) otherEntries!: OtherTransitions | null;
  @NestedList('The most frequent transitions from it (markov)', () => TransitionItem)
  exits!: TransitionItem[];
  @MaybeNested('The others', () => OtherTransitions) otherExits!: OtherTransitions | null;
  @NestedList(
    'The coalitions that give it most; their shares add up to its value (shapley)',
    () => CoalitionItem,
  )
  coalitions!: CoalitionItem[];
  @MaybeNested('The others', () => OtherCoalitions) otherCoalitions!: OtherCoalitions | null;
}
