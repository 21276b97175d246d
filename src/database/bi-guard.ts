import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** A sort can write 1 GB/s, and the log needs what is left. */
const INTERVAL_MS = 1_000;
const MIN_FREE_BYTES = 2 ** 30;
const LIMITS_EVERY = 15;
/** Limits the wait for an unresponsive database at shutdown. */
const QUERY_TIMEOUT_MS = 3_000;

interface BiGuardOptions {
  readonly pool: pg.Pool;
  readonly log: (line: string) => void;
  /** A folder on the disk of the database, where that is this machine's. */
  readonly folder?: string | undefined;
  readonly everyMs?: number;
  /** Sessions of BI roles that have temporary files are ended while less than this is free in `folder`. */
  readonly leastFreeBytes?: number;
}

/**
 * Holds BI roles to their limits from outside, because a role may change its own settings: ends sessions whose statement or
 * transaction takes longer than statement_timeout lets it, gives the settings again, and ends what has temporary files while
 * the disk of the log is short of room.
 */
export class BiGuard {
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;

  constructor(private readonly options: BiGuardOptions) {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    for (let round = 1; ; round++) {
      await sleep(this.options.everyMs ?? INTERVAL_MS, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
      if (signal.aborted) return;
      // While the database is away there is nothing to guard.
      await this.#look(round % LIMITS_EVERY === 0).catch(() => undefined);
    }
  }

  async #look(limits: boolean): Promise<void> {
    const full = await this.#isFull();
    if (!full && !limits) return;
    const query = {
      text: 'SELECT role, what FROM touchline.guard_bi(spilling => $1)',
      values: [full],
      query_timeout: QUERY_TIMEOUT_MS, // which the driver has and its types leave out
    };
    const { rows } = await this.options.pool.query<{ role: string; what: string }>(query);
    for (const { role, what } of rows)
      this.options.log(`BI role ${role}: ${what}${full ? ' (the disk is nearly full)' : ''}`);
  }

  async #isFull(): Promise<boolean> {
    const { folder, leastFreeBytes = MIN_FREE_BYTES } = this.options;
    if (folder === undefined) return false;
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < leastFreeBytes;
  }
}
