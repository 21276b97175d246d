import { setTimeout as sleep } from 'node:timers/promises';

/** In ms. */
export interface BackoffRange {
  readonly first: number;
  readonly longest: number;
}

/** Part of a delay by which it is longer or shorter at random, so that processes do not retry in step. */
const JITTER = 0.25;

/**
 * The delays of one retry loop: each is twice the one before, up to a longest one. Retry libraries (p-retry, cockatiel)
 * retry one call; the loops here run until they are stopped and begin again with the first delay after a good while.
 */
export class Backoff {
  readonly #range: BackoffRange;
  #delay: number;
  #isRetrying = false;

  constructor(range: BackoffRange) {
    this.#range = range;
    this.#delay = range.first;
  }

  /** Whether there was a delay since the start or the last reset. */
  get isRetrying(): boolean {
    return this.#isRetrying;
  }

  /** The delay before the next attempt, in ms. @param least that somebody asked for, up to the longest one */
  next(least = 0): number {
    const bounded = Math.min(Math.max(this.#delay, least), this.#range.longest);
    const delay = bounded * (1 - JITTER + 2 * JITTER * Math.random());
    this.#delay = Math.min(this.#delay * 2, this.#range.longest);
    this.#isRetrying = true;
    return delay;
  }

  /** After success. */
  reset(): void {
    this.#delay = this.#range.first;
    this.#isRetrying = false;
  }

  /** Waits for the next delay, or until the signal is aborted. */
  async wait(signal?: AbortSignal): Promise<void> {
    await sleep(this.next(), undefined, { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  }
}
