/** A part of the whole that its touches share evenly. Only the proportions of the parts count. */
export interface Part {
  /** Indexes of the touches. */
  readonly touches: readonly number[];
  readonly size: bigint;
  readonly why: string;
}

/** A share as an integer: decimals such as 22.5 and 0.1 are exact up to the twelfth place. */
export const sizeOf = (share: number): bigint => BigInt(Math.round(share * 1e12));

/** Exact weights: integers of which only the proportions count. */
export interface Weights {
  /** One for each touch. */
  readonly touches: readonly bigint[];
  /** What no touch gets. */
  readonly unattributed: bigint;
}

/** @param unattributed what no touch gets, in the unit of the sizes */
export function weighParts(parts: readonly Part[], touches: number, unattributed = 0n): Weights {
  const weights = Array.from({ length: touches }, () => 0n);
  const taken = parts.filter((part) => part.touches.length > 0);
  // Every part is divisible by the number of its touches once all are multiplied by all the numbers that occur.
  const counts = new Set(taken.map((part) => BigInt(part.touches.length)));
  const multiple = [...counts].reduce((product, count) => product * count, 1n);
  for (const { touches: takers, size } of taken) {
    const each = (size * multiple) / BigInt(takers.length);
    for (const touch of takers) weights[touch] = (weights[touch] ?? 0n) + each;
  }
  return { touches: weights, unattributed: unattributed * multiple };
}
