import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { playerName } from '../domain/attribution/players.js';
import type { ModelBasis } from './weighed-report.js';
import { Decimal, Integer, MaybeDecimal, MaybeInteger, MaybeText, NestedList } from './response-fields.js';

/** A player of a model over all paths. */
export class PlayerItem {
  @MaybeText('Its value; null: touches without one') key!: string | null;
  @MaybeInteger('How often a path meets it, with the transform `frequency`; else null') times!: number | null;
  @Decimal('Removal effect, 0 to 1 (markov), or Shapley value (shapley)') value!: number;
  @ApiProperty({
    type: Number,
    isArray: true,
    description:
      'The Shapley value by the place in the path that the player was met at (ordered variant); none for markov',
  })
  byPosition!: number[];
}

/** What a model over all paths rests on. */
export class BasisItem {
  @Integer('Paths that convert, with touches') converting!: number;
  @Integer('Paths of lost opportunities, with touches') nonConverting!: number;
  @MaybeDecimal('Share of paths that convert (markov)') conversionRate!: number | null;
  @MaybeInteger('States of the chain (markov)') states!: number | null;
  @MaybeInteger('Transitions between different states (markov)') transitions!: number | null;
  @MaybeDecimal('No removal effect is further from its exact value (markov)') errorBound!: number | null;
  @NestedList('Highest value first', () => PlayerItem) players!: PlayerItem[];
}

export const MaybeBasis = (): PropertyDecorator =>
  ApiPropertyOptional({
    type: () => BasisItem,
    description: 'Only of markov and shapley: what the model rests on',
  });

export const MaybeRequest = (): PropertyDecorator =>
  ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description:
      'Parameters of the model and transforms of the paths, with their defaults; only where some were asked for',
  });

/** The part of an answer that says what its model rests on. */
export function basisPart({ basis, converting, nonConverting }: ModelBasis): { basis?: BasisItem } {
  const { removal, game } = basis;
  if (!removal && !game) return {};
  const players = [
    ...(removal?.effects ?? []).map(({ player, effect }) => playerItem(player, effect, [])),
    ...(game?.values ?? []).map(({ player, value, byPosition }) => playerItem(player, value, byPosition)),
  ];
  return {
    basis: {
      converting,
      nonConverting,
      conversionRate: removal?.conversionRate ?? null,
      states: removal?.states ?? null,
      transitions: removal?.transitions ?? null,
      errorBound: removal?.errorBound ?? null,
      players: players.sort((a, b) => b.value - a.value),
    },
  };
}

const playerItem = (player: string, value: number, byPosition: readonly number[]): PlayerItem => {
  const { value: key, times = null } = playerName(player);
  return { key, times, value, byPosition: [...byPosition] };
};
