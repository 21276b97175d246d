import type { Position } from '../domain/events.js';

/**
 * After a batch events are gathered for four times as long as it took, within these bounds, or until there are enough:
 * fewer and larger batches cost a fraction, the more so where time is short. After a small one nothing is to be saved.
 */
const GATHER = { small: 20, times: 4, shortestMs: 20, longestMs: 120, enough: 500n };
/** While the log grows faster than it can be projected, by collectors that have hardly a moment of rest. */
const YIELD = { behind: 10_000n, servingLoad: 0.8, times: 9, longestMs: 5_000, quietMs: 200 };

export interface AppliedBatch {
  /** When it ended, in ms of the process. */
  readonly at: number;
  readonly spentMs: number;
  /** Positions it moved the checkpoint by. */
  readonly stride: number;
  readonly position: Position;
  /** How far the log reaches, as far as this process knows. */
  readonly head: Position;
  /** How busy the collectors are, 0 to 1. */
  readonly servingLoad: number;
}

/** What to wait for after a batch, for so long at most. */
export interface Pause {
  readonly ms: number;
  /** Until the log reaches past this position. */
  readonly until?: Position;
  /** Until the log has not grown for so long. */
  readonly quietMs?: number;
}

/**
 * How long a subscription rests after each batch. One that shares its machine with the collectors yields to them while the
 * log grows faster than it can be projected: it would be behind in any case, and they are waited for. Growth is compared with
 * the batches alone, without the pauses, so that pauses never are the reason for the next ones.
 */
export class BatchPause {
  #before: AppliedBatch | undefined;

  constructor(private readonly yieldsToCollectors: boolean) {}

  after(batch: AppliedBatch): Pause {
    const before = this.#before;
    this.#before = batch;
    if (this.yieldsToCollectors && before && isOutgrown(before, batch))
      return { ms: Math.min(YIELD.longestMs, batch.spentMs * YIELD.times), quietMs: YIELD.quietMs };
    return { ms: gatheringMs(batch), until: batch.position + GATHER.enough };
  }
}

function isOutgrown(before: AppliedBatch, batch: AppliedBatch): boolean {
  const { at, spentMs, stride, position, head, servingLoad } = batch;
  if (head - position < YIELD.behind || servingLoad < YIELD.servingLoad) return false;
  return Number(head - before.head) * spentMs > stride * (at - before.at);
}

function gatheringMs({ stride, spentMs }: AppliedBatch): number {
  const { small, times, shortestMs, longestMs } = GATHER;
  return stride < small ? shortestMs : Math.min(longestMs, Math.max(shortestMs, spentMs * times));
}
