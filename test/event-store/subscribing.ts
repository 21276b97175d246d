import { describe, expect, test } from '@jest/globals';
import { appendRequest } from '../events.js';
import type { TestLog } from './test-log.js';

export function subscribingContract(target: TestLog): void {
  const { append, unique, expectNext } = target;

  describe('a subscription', () => {
    test('receives existing and new events in order without gaps', async () => {
      const after = await target.store.head();
      await append(appendRequest(unique('s'), [unique('a'), unique('b')]));
      const seen: bigint[] = [];
      const subscription = target.store.subscribe(
        after,
        (batch) => Promise.resolve(void seen.push(...batch.map(({ position }) => position))),
        (error) => {
          throw error;
        },
      );
      for (let round = 0; round < 10; round++) await append(appendRequest(unique('s'), [unique('c')]));
      await until(() => seen.length >= 12);
      await subscription.stop();
      expect(seen).toHaveLength(12);
      expectNext(after, seen);
    });

    test('stops after the handler in flight, and receives nothing after that', async () => {
      const after = await target.store.head();
      await append(appendRequest(unique('s'), [unique('a')]));
      const steps: string[] = [];
      const started = Promise.withResolvers<undefined>();
      const subscription = target.store.subscribe(
        after,
        async () => {
          started.resolve(undefined);
          await new Promise((resolve) => setTimeout(resolve, 50));
          steps.push('handled');
        },
        () => undefined,
      );
      await started.promise;
      await subscription.stop();
      steps.push('stopped');
      await append(appendRequest(unique('s'), [unique('b')]));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(steps).toEqual(['handled', 'stopped']);
    });

    test('ends and reports an error if its handler rejects', async () => {
      const after = await target.store.head();
      await append(appendRequest(unique('s'), [unique('a')]));
      const failed = new Promise((resolve) =>
        target.store.subscribe(after, () => Promise.reject(new Error('broken')), resolve),
      );
      expect(await failed).toEqual(new Error('broken'));
    });

    test('of waitForGrowth wakes up on an append of this process, or after its timeout', async () => {
      const head = await target.store.head();
      const waiting = target.store.waitForGrowth(head, 30_000);
      await append(appendRequest(unique('s'), [unique('a')]));
      await waiting;
      await target.store.waitForGrowth(head, 30_000);
      await target.store.waitForGrowth(await target.store.head(), 20);
    });
  });
}

async function until(done: () => boolean): Promise<void> {
  for (const limit = Date.now() + 10_000; !done(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > limit) throw new Error('waited for ten seconds');
}
