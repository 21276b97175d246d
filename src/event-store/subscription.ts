import type { Position, RecordedEvent } from '../domain/events.js';
import type { EventStore, Subscription } from './event-store.js';

const PAGE = 1_000;
const IDLE_MS = 1_000;
const BACK_OFF_MS = { first: 50, longest: 5_000 };

type Reader = Pick<EventStore, 'readAll' | 'waitForGrowth'>;

/** `subscribe` of the port for an adapter that can read and wait. */
export function subscribe(
  store: Reader,
  after: Position,
  handler: (batch: readonly RecordedEvent[]) => Promise<void>,
  onError: (error: unknown) => void,
): Subscription {
  let position = after;
  const stopped = new AbortController();
  const halt = new Promise<void>((resolve) => stopped.signal.addEventListener('abort', () => resolve()));

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const batch = await readPatiently(store, position, stopped.signal, halt);
      if (stopped.signal.aborted) return;
      const last = batch.at(-1);
      if (!last) {
        await Promise.race([store.waitForGrowth(position, IDLE_MS), halt]);
        continue;
      }
      await handler(batch);
      position = last.position;
    }
  };

  const running = run().catch((error: unknown) => onError(error));
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

async function readPatiently(store: Reader, after: Position, stopped: AbortSignal, halt: Promise<void>) {
  for (let delay = BACK_OFF_MS.first; !stopped.aborted; delay = Math.min(delay * 2, BACK_OFF_MS.longest)) {
    try {
      return await store.readAll(after, PAGE);
    } catch {
      await pause(delay, halt);
    }
  }
  return [];
}

async function pause(ms: number, halt: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))), halt]);
  clearTimeout(timer);
}
