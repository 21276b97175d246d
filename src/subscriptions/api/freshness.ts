import type pg from 'pg';
import type { Position } from '../../domain/events.js';
import { Problem } from '../../http/problem.js';
import { readCheckpoints } from '../read-checkpoints.js';
import type { Signal } from '../signal.js';

const FIRST_POLL_MS = 10;
const LONGEST_POLL_MS = 100;

/** Shows readers how much of the log the rows they are about to read contain. */
export class Freshness {
  readonly #reading = new Map<string, Promise<Position>>();

  /** @param moved rings when a projection of this process moved; those of other processes are polled for */
  constructor(
    private readonly pool: pg.Pool,
    private readonly moved: Signal,
  ) {}

  /**
   * The position up to which all named projections have applied the log: the `asOf` of a report over their rows, when it
   * is asked first in the report's own snapshot (a REPEATABLE READ transaction).
   *
   * @throws Problem 503 `projection-rebuilding`: the rows are made for the first time, and incomplete until that is done
   */
  async checkpoint(tx: pg.ClientBase | pg.Pool, names: readonly string[]): Promise<Position> {
    const checkpoints = await readCheckpoints(tx, names);
    const rebuilding = checkpoints.find(({ rebuildTo }) => rebuildTo !== null);
    const missing = names.find((name) => !checkpoints.some((one) => one.name === name));
    if (rebuilding) throw beingRebuilt(rebuilding.name, rebuilding.position, rebuilding.rebuildTo ?? 0n);
    if (missing !== undefined) throw notStarted(missing);
    return checkpoints.reduce(
      (least, { position }) => (position < least ? position : least),
      checkpoints[0]?.position ?? 0n,
    );
  }

  /** The checkpoint outside any snapshot. @throws Problem 503 `projection-rebuilding` */
  asOf(names: readonly string[]): Promise<Position> {
    return this.checkpoint(this.pool, names);
  }

  /**
   * Waits until all named projections have applied everything up to `position`; false when `timeoutMs` were not enough.
   *
   * @throws Problem 503 `projection-rebuilding`
   */
  async waitFor(names: readonly string[], position: Position, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(LONGEST_POLL_MS, pause * 1.5)) {
      if ((await this.sharedAsOf(names)) >= position) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await this.moved.wait(Math.min(pause, left));
    }
  }

  /** One read serves all who wait: a checkpoint that moves wakes every one of them. */
  private sharedAsOf(names: readonly string[]): Promise<Position> {
    const key = names.join();
    const running = this.#reading.get(key);
    if (running) return running;
    const reading = this.asOf(names).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }
}

const retryAfter = { 'retry-after': '2' };

function beingRebuilt(name: string, position: Position, to: Position): Problem {
  const detail = `The read model ${name} is made for the first time (at ${position} of ${to}); try again when it is done`;
  return new Problem(503, 'projection-rebuilding', detail, [], retryAfter);
}

function notStarted(name: string): Problem {
  const detail = `The read model ${name} has not been started yet; a process with the role "project" makes it`;
  return new Problem(503, 'projection-rebuilding', detail, [], retryAfter);
}
