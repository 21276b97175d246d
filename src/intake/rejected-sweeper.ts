import type { RejectedRetention } from '../limits-config.js';
import type { RejectedUsage } from './rejected-usage.js';
import type { RejectedInput, Origin, RejectedLog, Removed } from './rejected.js';
import { ROW_BYTES } from './rejected-sql.js';

/** Old input is looked for this often, in ms, and whenever a process has kept so much of the retention's bytes since. */
const SWEEP_MS = 300_000;
const SWEEP_SHARE = 0.1;
/** The first look waits until a start, which has better things to do, is over. In ms. */
const FIRST_SWEEP_MS = 10_000;

/** Learns what a sweep finds. */
export interface SweepObserver {
  /** Before anything is removed. */
  readonly used: (usages: readonly RejectedUsage[]) => void;
  readonly removed: (removed: Removed) => void;
  readonly failed: (error: unknown) => void;
}

/** Keeps rejected input, and removes the oldest of it when it is older or more than its retention allows. */
export class RejectedSweeper {
  #keptBytes = 0;
  #sweeping: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #first: NodeJS.Timeout | undefined;

  constructor(
    private readonly rejected: Pick<RejectedLog, 'keep' | 'removeOld' | 'usage'>,
    private readonly retention: RejectedRetention,
    private readonly observer: SweepObserver,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.sweep(), SWEEP_MS).unref();
    this.#first = setTimeout(() => void this.sweep(), FIRST_SWEEP_MS).unref();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#first);
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** As `RejectedLog.keep`. */
  async keep(kept: readonly (RejectedInput & Origin)[]): Promise<void> {
    await this.rejected.keep(kept);
    this.#keptBytes += kept.reduce(
      (sum, { payload, sent }) => sum + payload.length + (sent?.length ?? 0) + ROW_BYTES,
      0,
    );
    if (this.#timer && this.#keptBytes > this.retention.bytes * SWEEP_SHARE) void this.sweep();
  }

  /** Resolves when it is done, also when it failed: the next one makes up for it. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  async #sweep(): Promise<void> {
    this.#keptBytes = 0;
    try {
      this.observer.used(await this.rejected.usage(this.retention));
      for (const removed of await this.rejected.removeOld(this.retention)) this.observer.removed(removed);
    } catch (error) {
      this.observer.failed(error);
    }
  }
}
