/** Days between two steps, as observed. */
export class Lags {
  readonly #days: Float64Array;

  constructor(days: readonly number[]) {
    this.#days = Float64Array.from(days).sort();
  }

  get count(): number {
    return this.#days.length;
  }

  /** The shortest; NaN where there are none. */
  get shortest(): number {
    return this.#days[0] ?? Number.NaN;
  }

  /** The share that took at most so many days; 0 where there are none. */
  within(days: number): number {
    if (this.count === 0) return 0;
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#days[middle] ?? 0) <= days) low = middle + 1;
      else high = middle;
    }
    return low / this.count;
  }

  /** Interpolated between two, as SQL's percentile_cont does; undefined where there are none. */
  percentile(share: number): number | undefined {
    const place = share * (this.count - 1);
    const below = this.#days[Math.floor(place)];
    const above = this.#days[Math.ceil(place)];
    return below === undefined || above === undefined
      ? undefined
      : below + (above - below) * (place - Math.floor(place));
  }
}

/**
 * The chance that something which began `age` days ago and has not succeeded yet does so within `days`. A share `rate` succeeds at all,
 * after `lags`; nothing says of the others when they fail: the cure model of J. W. Boag, Journal of the Royal Statistical Society B 11
 * (1949), 15–53, with the observed lags. So what is older than any success has none to come.
 */
export function chanceWithin(rate: number, lags: Lags, age: number, days: number): number {
  const missed = rate * lags.within(age);
  const left = rate * lags.within(age + days) - missed;
  return left <= 0 ? 0 : left / (1 - missed);
}

/** The same where it is known when others failed: of those still open at that age, competing risks. */
export function chanceAmongOpen(
  rate: number,
  { won, lost }: { readonly won: Lags; readonly lost: Lags },
  age: number,
  days: number,
): number {
  const wins = rate * (1 - won.within(age));
  const losses = (1 - rate) * (1 - lost.within(age));
  const inTime = rate * (won.within(age + days) - won.within(age));
  return inTime <= 0 ? 0 : inTime / (wins + losses);
}
