import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from '../src/domain/events.js';
import type { Append, AppendResult, EventReceipt, EventStore } from '../src/event-store/event-store.js';
import { touch, to } from './events.js';

/** What every adapter of the log must do. `open` gives an empty log. */
export function eventStoreContract(name: string, open: () => Promise<EventStore>): void {
  describe(`${name} as an event store`, () => {
    let store: EventStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    const unique = (label: string) => `${label}-${randomUUID()}`;
    const append = async (...batch: Append[]) => store.append(batch);
    const receipts = (result: AppendResult | undefined): readonly EventReceipt[] => {
      if (result?.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`);
      return result.receipts;
    };
    const everything = async (): Promise<RecordedEvent[]> => {
      const events: RecordedEvent[] = [];
      for (;;) {
        const page = await store.readAll(events.at(-1)?.position ?? 0n, 1_000);
        if (page.length === 0) return events;
        events.push(...page);
      }
    };

    describe('append', () => {
      test('gives positions that follow the head and versions from 1', async () => {
        const stream = unique('s');
        const head = await store.head();
        const [result] = await append(to(stream, [unique('a'), unique('b')]));
        expect(receipts(result)).toMatchObject([
          { position: head + 1n, version: 1, duplicate: false },
          { position: head + 2n, version: 2, duplicate: false },
        ]);
        expect(await store.head()).toBe(head + 2n);
      });

      test('counts the versions of each stream of a batch by itself', async () => {
        const [one, two] = [unique('s'), unique('s')];
        const results = await append(to(one, [unique('a')]), to(two, [unique('b')]), to(one, [unique('c')]));
        expect(results.map((result) => receipts(result)[0]?.version)).toEqual([1, 1, 2]);
      });

      test('keeps streams of the same name in two workspaces apart', async () => {
        const stream = unique('s');
        await append(to(stream, [unique('a')]));
        const [result] = await append(to(stream, [unique('b')], 'noStream', 'other'));
        expect(receipts(result)[0]?.version).toBe(1);
        expect(await store.readStream('other', stream)).toHaveLength(1);
      });

      test('gives back what it was given', async () => {
        const stream = unique('s');
        const event = touch(unique('a'), {
          collector: 'web',
          correlationId: 'c-1',
          causationId: 'c-2',
          data: {
            ...touch('x').data,
            properties: { text: 'tab\t "quote" \\ ünï 漢字 🚀 \u0000', nested: [1, { a: null }] },
          },
        });
        const before = Date.now() - 1_000;
        await append({ workspace: 'main', stream, expected: 'any', events: [event] });
        const [read] = await store.readStream('main', stream);
        expect(read).toEqual({
          ...event,
          workspace: 'main',
          stream,
          version: 1,
          position: expect.any(BigInt),
          recordedAt: expect.any(Date),
        });
        expect(+(read?.recordedAt ?? 0)).toBeGreaterThan(before);
      });

      test('clamps occurredAt to recordedAt', async () => {
        const stream = unique('s');
        const event = touch(unique('a'), { occurredAt: new Date(Date.now() + 86_400_000) });
        await append({ workspace: 'main', stream, expected: 'any', events: [event] });
        const [read] = await store.readStream('main', stream);
        expect(read?.occurredAt).toEqual(read?.recordedAt);
      });

      test('an append without events succeeds and leaves no trace', async () => {
        const head = await store.head();
        expect(await append(to(unique('s'), []))).toEqual([{ status: 'appended', receipts: [] }]);
        expect(await append()).toEqual([]);
        expect(await store.head()).toBe(head);
      });
    });

    describe('expected version', () => {
      test('noStream and exact are met or answered with the version the stream is at', async () => {
        const stream = unique('s');
        expect(await append(to(stream, [unique('a')], { exact: 1 }))).toEqual([
          { status: 'conflict', expected: { exact: 1 }, actual: 0 },
        ]);
        expect((await append(to(stream, [unique('b')], 'noStream')))[0]?.status).toBe('appended');
        expect((await append(to(stream, [unique('c')], { exact: 1 })))[0]?.status).toBe('appended');
        expect(await append(to(stream, [unique('d')], 'noStream'))).toEqual([
          { status: 'conflict', expected: 'noStream', actual: 2 },
        ]);
        expect(await store.readStream('main', stream)).toHaveLength(2);
      });

      test('a conflict fails alone and takes no positions', async () => {
        const [one, two, three] = [unique('s'), unique('s'), unique('s')];
        const head = await store.head();
        const results = await append(
          to(one, [unique('a')]),
          to(two, [unique('b'), unique('c')], { exact: 7 }),
          to(three, [unique('d')], 'noStream'),
        );
        expect(results.map(({ status }) => status)).toEqual(['appended', 'conflict', 'appended']);
        expect(receipts(results[2])[0]?.position).toBe(head + 2n);
        expect(await store.head()).toBe(head + 2n);
        expect(await store.readStream('main', two)).toEqual([]);
      });

      test('an append sees those before it in its batch', async () => {
        const stream = unique('s');
        const results = await append(
          to(stream, [unique('a')], 'noStream'),
          to(stream, [unique('b')], 'noStream'),
          to(stream, [unique('c')], { exact: 1 }),
        );
        expect(results.map(({ status }) => status)).toEqual(['appended', 'conflict', 'appended']);
      });

      test('of many writers that expect the same version one wins', async () => {
        const stream = unique('s');
        const results = await Promise.all(
          Array.from({ length: 20 }, () => append(to(stream, [unique('a')], 'noStream'))),
        );
        expect(results.flat().filter(({ status }) => status === 'appended')).toHaveLength(1);
      });
    });

    describe('idempotency', () => {
      test('the same events again get the first receipts and change nothing', async () => {
        const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
        const first = receipts((await append(to(stream, [a, b])))[0]);
        await append(to(unique('s'), [unique('c')]));
        const head = await store.head();
        const again = receipts((await append(to(stream, [a, b])))[0]);
        expect(again).toEqual(first.map((receipt) => ({ ...receipt, duplicate: true })));
        expect(await store.head()).toBe(head);
      });

      test('duplicates succeed whatever version they expect', async () => {
        const [stream, a] = [unique('s'), unique('a')];
        const first = receipts((await append(to(stream, [a], 'noStream')))[0]);
        await append(to(stream, [unique('b')]));
        const again = receipts((await append(to(stream, [a], 'noStream')))[0]);
        expect(again).toEqual([{ ...first[0], duplicate: true }]);
      });

      test('new events among duplicates are appended, in order', async () => {
        const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
        await append(to(stream, [a, b]));
        const result = receipts((await append(to(stream, [unique('c'), b, unique('d')])))[0]);
        expect(result.map(({ version, duplicate }) => [version, duplicate])).toEqual([
          [3, false],
          [2, true],
          [4, false],
        ]);
      });

      test('duplicates within one append and within one batch', async () => {
        const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
        const head = await store.head();
        const results = await append(
          to(stream, [a, a]),
          to(stream, [b, a], { exact: 1 }),
          to(stream, [a], 'noStream'),
        );
        expect(
          results.map((result) => receipts(result).map(({ version, duplicate }) => [version, duplicate])),
        ).toEqual([
          [
            [1, false],
            [1, true],
          ],
          [
            [2, false],
            [1, true],
          ],
          [[1, true]],
        ]);
        expect(await store.head()).toBe(head + 2n);
      });

      test('the same id in another workspace is another event', async () => {
        const [stream, a] = [unique('s'), unique('a')];
        await append(to(stream, [a]));
        const [result] = await append(to(stream, [a], 'any', 'other'));
        expect(receipts(result)[0]).toMatchObject({ version: 1, duplicate: false });
      });

      test('senders of the same event at the same time get the same receipt', async () => {
        const [stream, a] = [unique('s'), unique('a')];
        const results = await Promise.all(Array.from({ length: 20 }, () => append(to(stream, [a]))));
        const all = results.flatMap((result) => receipts(result[0]));
        expect(new Set(all.map(({ position }) => position)).size).toBe(1);
        expect(all.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      });
    });

    describe('reading', () => {
      test('a stream in version order, after a version, up to a limit', async () => {
        const stream = unique('s');
        await append(
          to(
            stream,
            Array.from({ length: 5 }, () => unique('a')),
          ),
        );
        const versions = async (...range: number[]) =>
          (await store.readStream('main', stream, ...range)).map(({ version }) => version);
        expect(await versions()).toEqual([1, 2, 3, 4, 5]);
        expect(await versions(2)).toEqual([3, 4, 5]);
        expect(await versions(2, 2)).toEqual([3, 4]);
        expect(await store.readStream('main', unique('s'))).toEqual([]);
      });

      test('the log in position order, after a position, up to a limit', async () => {
        const head = await store.head();
        await append(to(unique('s'), [unique('a'), unique('b'), unique('c')]));
        const positions = async (after: bigint, limit: number) =>
          (await store.readAll(after, limit)).map(({ position }) => position);
        expect(await positions(head, 10)).toEqual([head + 1n, head + 2n, head + 3n]);
        expect(await positions(head + 1n, 1)).toEqual([head + 2n]);
        expect(await positions(head + 3n, 10)).toEqual([]);
      });

      test('a page holds the events of some types and says how far it looked', async () => {
        const head = await store.head();
        const observed = {
          id: randomUUID(),
          type: 'AccountObserved' as const,
          schemaVersion: 1,
          occurredAt: new Date(0),
        };
        await append(
          to(unique('s'), [unique('a')]),
          {
            workspace: 'main',
            stream: unique('s'),
            expected: 'any',
            events: [{ ...observed, data: { accountId: 'acme' } }],
          },
          to(unique('s'), [unique('b')]),
        );
        const page = async (
          after: bigint,
          limit: number,
          ...types: ('AccountObserved' | 'TouchpointRecorded')[]
        ) => {
          const { events, upTo } = await store.readPage(after, limit, types);
          return [events.map(({ position }) => position), upTo];
        };
        expect(await page(head, 10, 'AccountObserved')).toEqual([[head + 2n], head + 3n]);
        expect(await page(head, 10, 'AccountObserved', 'TouchpointRecorded')).toEqual([
          [head + 1n, head + 2n, head + 3n],
          head + 3n,
        ]);
        expect(await page(head, 1, 'AccountObserved')).toEqual([[], head + 1n]);
        expect(await page(head, 10)).toEqual([[], head + 3n]);
        expect(await page(head + 3n, 10, 'AccountObserved')).toEqual([[], head + 3n]);
      });
    });

    describe('subscribing', () => {
      test('hands over what is there and what comes, in order and without gaps', async () => {
        const after = await store.head();
        await append(to(unique('s'), [unique('a'), unique('b')]));
        const seen: bigint[] = [];
        const subscription = store.subscribe(
          after,
          (batch) => Promise.resolve(void seen.push(...batch.map(({ position }) => position))),
          (error) => {
            throw error;
          },
        );
        for (let round = 0; round < 10; round++) await append(to(unique('s'), [unique('c')]));
        await until(() => seen.length >= 12);
        await subscription.stop();
        expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => after + BigInt(index + 1)));
      });

      test('stop waits for the handler in flight, and nothing comes after it', async () => {
        const after = await store.head();
        await append(to(unique('s'), [unique('a')]));
        const steps: string[] = [];
        const started = Promise.withResolvers<undefined>();
        const subscription = store.subscribe(
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
        await append(to(unique('s'), [unique('b')]));
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(steps).toEqual(['handled', 'stopped']);
      });

      test('a handler that rejects ends the subscription and is reported', async () => {
        const after = await store.head();
        await append(to(unique('s'), [unique('a')]));
        const failed = new Promise((resolve) =>
          store.subscribe(after, () => Promise.reject(new Error('broken')), resolve),
        );
        expect(await failed).toEqual(new Error('broken'));
      });

      test('waitForGrowth wakes at an append of this process, or at its time', async () => {
        const head = await store.head();
        const waiting = store.waitForGrowth(head, 30_000);
        await append(to(unique('s'), [unique('a')]));
        await waiting;
        await store.waitForGrowth(head, 30_000);
        await store.waitForGrowth(head + 1n, 20);
      });
    });

    describe('laws', () => {
      const streams = fc.constantFrom('s-1', 's-2', 's-3');
      const names = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 });
      const expectations = fc.oneof(
        { arbitrary: fc.constant('any' as const), weight: 4 },
        { arbitrary: fc.constant('noStream' as const), weight: 1 },
        { arbitrary: fc.record({ exact: fc.integer({ min: 0, max: 5 }) }), weight: 2 },
      );
      const call = fc.array(fc.record({ stream: streams, names, expected: expectations }), { maxLength: 4 });

      test('dense and idempotent: whatever is sent at once and again, positions are 1, 2, 3 … and receipts are the first', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(call, { maxLength: 8 }), async (calls) => {
            const run = randomUUID();
            const head = await store.head();
            const batches = calls.map((appends) =>
              appends.map((one) =>
                to(
                  `${run}-${one.stream}`,
                  one.names.map((nr) => `${run}-${nr}`),
                  one.expected,
                ),
              ),
            );
            const results = await Promise.all([...batches, ...batches].map((batch) => store.append(batch)));
            const log = (await everything()).slice(Number(head));

            expect(log.map(({ position }) => position)).toEqual(
              log.map((_, index) => head + BigInt(index + 1)),
            );
            expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
            const versions = Map.groupBy(log, ({ stream }) => stream);
            for (const events of versions.values())
              expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));

            const byId = new Map(log.map((event) => [event.id, event]));
            const given = results
              .flat()
              .flatMap((result) => (result.status === 'appended' ? result.receipts : []));
            for (const { eventId, position, version } of given)
              expect(byId.get(eventId)).toMatchObject({ position, version });
            expect(given.filter(({ duplicate }) => !duplicate)).toHaveLength(log.length);
          }),
          { numRuns: 60 },
        );
      });
    });

    test('refuses appends once it is closed', async () => {
      await store.close();
      await expect(append(to('s', ['late']))).rejects.toMatchObject({ name: 'StoreUnavailable' });
    });
  });
}

async function until(done: () => boolean): Promise<void> {
  for (const limit = Date.now() + 10_000; !done(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > limit) throw new Error('waited for ten seconds');
}
