import { distribute } from '../../domain/attribution/money.js';
import { Problem } from '../../http/problem.js';
import { shareOf } from '../attribution.js';

/** The part of a goal that is a persona's, minor units, and the share that it is. */
export interface GoalShare {
  readonly goal: bigint;
  readonly share: number;
}

/** Weights have three decimals at most. */
const SCALE = 1_000;

/**
 * Shares a goal out to personas, to the last minor unit. Without any weight, as where nothing was ever won, all of it is nobody's: that
 * of the empty key.
 */
export function goalShares(
  goal: bigint,
  keys: readonly string[],
  weightOf: (key: string) => bigint,
): ReadonlyMap<string, GoalShare> {
  const given = keys.map(weightOf);
  const isEmpty = given.every((weight) => weight === 0n);
  const weights = isEmpty ? keys.map((key) => (key === '' ? 1n : 0n)) : given;
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  const parts = distribute(goal, weights);
  return new Map(
    keys.map((key, index) => [
      key,
      { goal: parts[index] ?? 0n, share: shareOf(weights[index] ?? 0n, whole) },
    ]),
  );
}

/** Weights as they were given. @throws Problem 400 `persona-unknown` */
export function givenWeights(
  shares: Readonly<Record<string, number>>,
  personas: readonly { readonly id: string }[],
): (key: string) => bigint {
  const known = personas.map(({ id }) => id);
  const unknown = Object.keys(shares).filter((persona) => !known.includes(persona));
  if (unknown.length > 0) {
    const errors = unknown.map((persona) => ({
      path: `shares.${persona}`,
      message: `is no persona of the journey model; known are ${known.join(', ') || 'none'}`,
    }));
    const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new Problem(400, 'persona-unknown', detail, errors);
  }
  const weights = new Map(Object.entries(shares));
  return (key) => BigInt(Math.round((weights.get(key) ?? 0) * SCALE));
}
