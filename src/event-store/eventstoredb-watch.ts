import { Backoff } from '../backoff.js';
import type { Position } from '../domain/events.js';
import type { Watch } from './eventstoredb-client/types.js';
import type { Growth } from './growth.js';

/** The live subscription ends when nobody has waited for this long. */
const IDLE_MS = 5_000;
const BACKOFF_MS = { first: 100, longest: 5_000 };

export interface LogWatchOptions {
  /** Subscribes to the log from now on. */
  readonly watch: (found: (position: bigint) => void) => Watch;
  /** Reads the head and tells `growth`. */
  readonly head: () => Promise<Position>;
  readonly growth: Growth;
  readonly closing: AbortSignal;
}

/** Notices the events of other processes by a live subscription, as long as somebody waits for them. */
export class LogWatch {
  readonly #options: LogWatchOptions;
  #waitedUntil = 0;
  #running: Promise<void> | undefined;

  constructor(options: LogWatchOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is watched. */
  get ended(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  keepFor(ms: number): void {
    this.#waitedUntil = performance.now() + ms;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  #isWanted(): boolean {
    return !this.#options.closing.aborted && performance.now() < this.#waitedUntil + IDLE_MS;
  }

  async #run(): Promise<void> {
    const { closing } = this.#options;
    const backoff = new Backoff(BACKOFF_MS);
    while (this.#isWanted()) {
      await this.#subscribeOnce(backoff);
      if (this.#isWanted()) await backoff.wait(closing);
    }
  }

  async #subscribeOnce(backoff: Backoff): Promise<void> {
    const { watch, head, growth, closing } = this.#options;
    const subscription = watch((position) => void growth.reach(position));
    const stop = (): void => subscription.stop();
    closing.addEventListener('abort', stop);
    const idle = setInterval(() => this.#isWanted() || stop(), 1_000);
    // The subscription does not deliver what came before it had started: read the head once.
    const started = subscription.started.then(head).then(() => {
      backoff.reset();
    });
    await Promise.allSettled([started, subscription.ended]);
    clearInterval(idle);
    closing.removeEventListener('abort', stop);
  }
}
