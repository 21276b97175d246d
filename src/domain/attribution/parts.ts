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

/** How an opportunity is divided among its touches. */
export interface Division {
  readonly parts: readonly Part[];
  /** What no touch gets, in the unit of the sizes. */
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

/** A share of the whole that a touch gets, and what for. */
export interface Share {
  /** Index of the touch. */
  readonly touch: number;
  /** 0 to 1. */
  readonly share: number;
  readonly why: string;
  /** So many touches share the part evenly. */
  readonly sharedBy: number;
}

/** @param unattributed what no touch gets, in the unit of the sizes: shares and this add up to 1 */
export function sharesOfParts(parts: readonly Part[], unattributed = 0n): readonly Share[] {
  const whole = Number(parts.reduce((sum, { size }) => sum + size, unattributed));
  return parts
    .filter(({ size }) => size > 0n)
    .flatMap(({ touches, size, why }) =>
      touches.map((touch) => ({
        touch,
        share: Number(size) / whole / touches.length,
        why,
        sharedBy: touches.length,
      })),
    );
}
