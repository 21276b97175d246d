import { Backoff } from '../backoff.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { EventStore, Subscription } from './event-store.js';

const PAGE = 1_000;
const IDLE_MS = 1_000;
const BACKOFF_MS = { first: 50, longest: 5_000 };

type Reader = Pick<EventStore, 'readAll' | 'waitForGrowth'>;

/** `subscribe` of the port for an adapter that can read and wait. */
export function subscribe(
  store: Reader,
  after: Position,
  handler: (batch: readonly RecordedEvent[]) => Promise<void>,
  onError: (error: unknown) => void,
): Subscription {
  const stopped = new AbortController();
  const running = follow(store, after, handler, stopped.signal).catch((error: unknown) => {
    onError(error);
  });
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

async function follow(
  store: Reader,
  after: Position,
  handler: (batch: readonly RecordedEvent[]) => Promise<void>,
  stopped: AbortSignal,
): Promise<void> {
  const on = () => !stopped.aborted;
  const backoff = new Backoff(BACKOFF_MS);
  for (let position = after; on();) {
    const batch = await store.readAll(position, PAGE).catch(() => undefined);
    if (!on()) return;
    const last = batch?.at(-1);
    if (last && batch) {
      await handler(batch);
      position = last.position;
    } else if (batch) await unlessStopped(stopped, store.waitForGrowth(position, IDLE_MS));
    else await backoff.wait(stopped);
    if (batch) backoff.reset();
  }
}

/** Waits for `work` or the stop, and leaves no listener behind: a subscription waits for years. */
function unlessStopped(stopped: AbortSignal, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stopped.removeEventListener('abort', done);
      resolve();
    };
    stopped.addEventListener('abort', done);
    work.then(done, done);
  });
}
