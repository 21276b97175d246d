const HALF = 2 ** 26;

/**
 * A sum of quotients of whole numbers that does not depend on their order. Each is rounded to 52 binary places and kept as three whole
 * numbers, whose sums are exact; a sum of floating-point numbers would depend on which comes first.
 */
export class ExactSum {
  #whole = 0;
  /** In units of 2⁻²⁶ and 2⁻⁵². */
  #high = 0;
  #low = 0;

  /** @param divisor less than 2²⁶, as the product of its remainders and 2²⁶ has to be exact */
  addQuotient(dividend: number, divisor: number): void {
    const rest = dividend % divisor;
    this.#whole += (dividend - rest) / divisor;
    const scaled = rest * HALF;
    const second = scaled % divisor;
    this.#high += (scaled - second) / divisor;
    this.#low += Math.round((second * HALF) / divisor);
  }

  get value(): number {
    return this.#whole + (this.#high + this.#low / HALF) / HALF;
  }
}
