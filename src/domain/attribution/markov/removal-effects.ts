import { type CountedPath, type MarkovChain, markovChain, type MarkovOrder } from './chain.js';
import { sweepPlayers } from './gauss-seidel.js';
import { gmres } from './gmres.js';
import { reduceStates } from './state-reduction.js';

export interface RemovalEffect {
  readonly player: string;
  /**
   * Share of the conversions that are lost without the player: the transitions to it end without conversion (Anderl, Becker,
   * von Wangenheim, Schumann 2014). 0: no path through it converts; 1: every converting path goes through it.
   */
  readonly effect: number;
}

export interface RemovalEffects {
  /** In the order in which the paths name them; none without a conversion. */
  readonly effects: readonly RemovalEffect[];
  /** Converting paths among all, at the start of the chain. */
  readonly conversionRate: number;
  readonly states: number;
  readonly transitions: number;
  /** No effect is further from its exact value. */
  readonly errorBound: number;
}

/** Up to here states are eliminated directly: some seconds. */
export const DIRECT_STATES = 1_200;

/** Removal effects of all players, without simulation. Chains without a conversion have none. */
export function removalEffects(
  paths: Iterable<CountedPath>,
  order: MarkovOrder,
  directStates = DIRECT_STATES,
): RemovalEffects {
  const chain = markovChain(paths, order);
  const { conversions, nonConversions, size: states } = chain;
  const conversionRate = conversions === 0 ? 0 : conversions / (conversions + nonConversions);
  const about = { conversionRate, states, transitions: chain.target.length };
  if (conversions === 0) return { ...about, effects: [], errorBound: 0 };
  const { effects, errorBound } =
    states <= directStates
      ? { effects: reduceStates(chain), errorBound: 2 * states ** 2 * UNIT }
      : solvePlayers(chain, conversionRate);
  return {
    ...about,
    errorBound,
    effects: chain.players.map((player, index) => ({ player, effect: effects[index] ?? 0 })),
  };
}

/** Of a double. */
const UNIT = 2 ** -53;
/** Of a row, as a probability; rounding alone leaves about 1e-15. */
const TOLERANCE = 1e-13;

/** Values of one block of players: 64 MB. */
const MOST_VALUES = 8_000_000;

/**
 * Of larger chains elimination would fill the matrix. Each player's chain without its states is solved instead, until every
 * row is off by `TOLERANCE` at most: by sweeps over many players at once, and by GMRES where these are slow. The error at the
 * start is then at most the residual, with the rounding of a row, times the number of steps that paths take from it. This number
 * is known exactly: in a chain of observed frequencies each state is visited as often as it was in the paths.
 */
function solvePlayers(
  chain: MarkovChain,
  conversionRate: number,
): { effects: Float64Array; errorBound: number } {
  const effects = new Float64Array(chain.players.length);
  const width = Math.max(1, Math.floor(MOST_VALUES / chain.size));
  let worst = 0;
  for (let first = 0; first < effects.length; first += width) {
    const players = [...chain.players.keys()].slice(first, first + width);
    const swept = sweepPlayers(chain, players, TOLERANCE);
    for (const [column, player] of players.entries()) {
      const { atStart, residual } =
        swept.residual <= TOLERANCE
          ? { atStart: swept.values[column] ?? 0, residual: swept.residual }
          : convertingFromStart(chain, player, columnOf(swept.values, column, players.length));
      worst = Math.max(worst, residual);
      effects[player] = Math.min(1, Math.max(0, 1 - atStart / conversionRate));
    }
  }
  const rounding = (longestRow(chain) + 2) * UNIT;
  return { effects, errorBound: (chain.meanSteps * (worst + rounding)) / conversionRate };
}

const columnOf = (values: Float64Array, column: number, width: number): Float64Array =>
  Float64Array.from({ length: values.length / width }, (_, state) => values[state * width + column] ?? 0);

const longestRow = ({ rowStart }: MarkovChain): number =>
  rowStart.reduce((most, start, state) => Math.max(most, (rowStart[state + 1] ?? start) - start), 0);

/** Probability of a conversion on a path that meets no state of the player, by GMRES from a first guess, which it changes. */
function convertingFromStart(
  chain: MarkovChain,
  removed: number,
  solution: Float64Array,
): { atStart: number; residual: number } {
  const { size, player, rowStart, target, probability, toConversion } = chain;
  const conversion = toConversion.map((each, state) => (player[state] === removed ? 0 : each));
  // Removed states keep the value 0, so that the transitions to them add nothing.
  const multiply = (v: Float64Array, into: Float64Array): void => {
    for (let state = 0; state < size; state++) {
      let next = 0;
      if (player[state] !== removed) {
        const end = rowStart[state + 1] ?? 0;
        for (let at = rowStart[state] ?? 0; at < end; at++)
          next += (probability[at] ?? 0) * (v[target[at] ?? 0] ?? 0);
      }
      into[state] = (v[state] ?? 0) - next;
    }
  };
  const { residual } = gmres(multiply, conversion, solution, TOLERANCE);
  return { atStart: solution[0] ?? 0, residual };
}
