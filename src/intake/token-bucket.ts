/**
 * A rate that may be exceeded for a while: tokens come at `rate` a second, up to a burst. What is larger than what is there
 * is taken once there is one token, and leaves a debt: so a request larger than the burst is not refused for ever.
 */
export class TokenBucket {
  #tokens: number;
  #at: number;

  /** @param now a monotonic time in ms, as in the other methods */
  constructor(
    private rate: number,
    private readonly burstSeconds: number,
    now: number,
  ) {
    this.#tokens = rate * burstSeconds;
    this.#at = now;
  }

  /** Changes the rate from now on. */
  setRate(rate: number): void {
    this.rate = rate;
  }

  /** How long until tokens can be taken, in ms; 0: now. */
  wait(now: number): number {
    const earned = ((now - this.#at) * this.rate) / 1_000;
    this.#tokens = Math.min(this.rate * this.burstSeconds, this.#tokens + earned);
    this.#at = now;
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) * 1_000) / this.rate;
  }

  /** Takes tokens where one is there at least. @returns as `wait`; then none were taken */
  take(tokens: number, now: number): number {
    const ms = this.wait(now);
    if (ms === 0) this.#tokens -= tokens;
    return ms;
  }
}
