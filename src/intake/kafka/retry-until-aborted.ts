import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../../backoff.js';
import { StoreUnavailable } from '../../event-store/event-store.js';
import { NotStorable } from './record-batch.js';

export const BACKOFF_MS = { first: 100, longest: 5_000 };

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly blocked: (why: unknown) => void;
  readonly unblocked: () => void;
}

/**
 * The outcome of `work`, tried with backoff until whatever it needs is there; undefined when it was aborted first.
 *
 * @throws NotStorable trying again is of no use
 */
export async function retryUntilAborted<T>(
  work: () => Promise<T>,
  { signal, blocked, unblocked }: RetryOptions,
): Promise<T | undefined> {
  const backoff = new Backoff(BACKOFF_MS);
  while (!signal.aborted) {
    try {
      const result = await work();
      if (backoff.isRetrying) unblocked();
      return result;
    } catch (error) {
      if (error instanceof NotStorable) throw error;
      if (isAborted(signal)) return undefined; // Whoever follows must not be held by it.
      blocked(error);
      const least = error instanceof StoreUnavailable ? error.retryAfterSeconds * 1_000 : 0;
      await sleepUntilAborted(backoff.next(least), signal);
    }
  }
  return undefined;
}

/** It may have been aborted while the work was under way. */
const isAborted = ({ aborted }: AbortSignal): boolean => aborted;

export async function sleepUntilAborted(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
