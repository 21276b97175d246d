import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { EventType, Position } from '../src/domain/events.js';
import type { Append, AppendResult, EventReceipt, EventStore } from '../src/event-store/event-store.js';
import { touch, to } from './events.js';
import { eventsAfter } from './events-after.js';

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
    /** Positions in order that come after `after`; the very next ones where the log is dense. */
    const expectNext = (after: Position, positions: readonly Position[]): void => {
      const { densePositions } = store.guarantees;
      const growing = positions.filter((position, index) => position > (positions[index - 1] ?? after));
      expect(positions).toEqual(
        densePositions ? positions.map((_, index) => after + BigInt(index + 1)) : growing,
      );
    };

    describe('append', () => {
      test('gives positions that follow the head and versions from 1', async () => {
        const stream = unique('s');
        const head = await store.head();
        const [result] = await append(to(stream, [unique('a'), unique('b')]));
        expect(receipts(result)).toMatchObject([
          { version: 1, duplicate: false },
          { version: 2, duplicate: false },
        ]);
        const positions = receipts(result).map(({ position }) => position);
        expectNext(head, positions);
        expect(await store.head()).toBe(positions[1]);
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
        const log = await eventsAfter(store, head);
        expect(log.map(({ stream }) => stream).sort()).toEqual([one, three].sort());
        expectNext(
          head,
          log.map(({ position }) => position),
        );
        expect(await store.head()).toBe(log[1]?.position);
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
        expect(await eventsAfter(store, head)).toHaveLength(2);
      });

      test('the same event sent to another stream is the same event', async () => {
        const [one, two, a, b] = [unique('s'), unique('s'), unique('a'), unique('b')];
        const first = receipts((await append(to(one, [a])))[0]);
        const again = receipts((await append(to(two, [b, a])))[0]);
        expect(again).toMatchObject([
          { version: 1, duplicate: false },
          { ...first[0], duplicate: true },
        ]);
        expect(await store.readStream('main', two)).toHaveLength(1);
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
        const [result] = await append(to(unique('s'), [unique('a'), unique('b'), unique('c')]));
        const [one, two, three] = receipts(result).map(({ position }) => position) as [
          bigint,
          bigint,
          bigint,
        ];
        const positions = async (after: bigint, limit: number) =>
          (await store.readAll(after, limit)).map(({ position }) => position);
        expect(await positions(head, 10)).toEqual([one, two, three]);
        expect(await positions(one, 1)).toEqual([two]);
        expect(await positions(three, 10)).toEqual([]);
      });

      test('any number is a position: what follows it, and what is at it or last before it', async () => {
        const [result] = await append(to(unique('s'), [unique('a'), unique('b')]));
        const [one, two] = receipts(result).map(({ position }) => position) as [bigint, bigint];
        const following = async (after: bigint) => (await store.readAll(after, 1))[0]?.position;
        const at = async (position: bigint) => (await store.readAt(position))?.position;
        expect([await following(one - 1n), await following(two - 1n)]).toEqual([one, two]);
        expect([await at(one), await at(two - 1n), await at(two), await at(two + 99n)]).toEqual([
          ...[one, one, two, two],
        ]);
        expect(await at(0n)).toBeUndefined();
        expect(await at(one - 1n)).not.toBe(one);
      });

      test('a page holds the events of some types and says how far it looked', async () => {
        const head = await store.head();
        const observed = {
          ...{ id: randomUUID(), type: 'AccountObserved' as const, schemaVersion: 1 },
          ...{ occurredAt: new Date(0), data: { accountId: 'acme' } },
        };
        const results = await append(
          to(unique('s'), [unique('a')]),
          { workspace: 'main', stream: unique('s'), expected: 'any', events: [observed] },
          to(unique('s'), [unique('b')]),
        );
        const [one, account, two] = results.map((result) => receipts(result)[0]?.position ?? 0n) as [
          ...[bigint, bigint, bigint],
        ];
        const all = [one, account, two].sort((a, b) => Number(a - b));
        const last = all[2] ?? 0n;
        /** Everything of the types after `after`, a page at a time. */
        const paged = async (after: bigint, limit: number, ...types: EventType[]) => {
          const found: bigint[] = [];
          for (let at = after; ;) {
            const { events, upTo, full } = await store.readPage(at, limit, types);
            expect(events.length).toBeLessThanOrEqual(limit);
            expect(events.every(({ position }) => position > at && position <= upTo)).toBe(true);
            found.push(...events.map(({ position }) => position));
            if (upTo === at) return { found, upTo, full };
            at = upTo;
          }
        };
        const end = { upTo: last, full: false };
        for (const limit of [1, 2, 3, 10]) {
          expect(await paged(head, limit, 'AccountObserved')).toEqual({ found: [account], ...end });
          expect(await paged(head, limit, 'AccountObserved', 'TouchpointRecorded')).toEqual({
            found: all,
            ...end,
          });
          expect(await paged(head, limit)).toEqual({ found: [], ...end });
          expect(await paged(last, limit, 'AccountObserved')).toEqual({ found: [], ...end });
        }
        expect(await store.readPage(head, 10, ['AccountObserved'])).toMatchObject({
          upTo: last,
          full: false,
        });
        expect((await store.readPage(head, 1, ['AccountObserved', 'TouchpointRecorded'])).full).toBe(true);
      });
    });

    describe("a consumer's progress", () => {
      test('is kept with the append, and alone', async () => {
        const source = unique('kafka');
        expect(await store.progressOf(source)).toBeUndefined();
        await store.append([to(unique('s'), [unique('a')])], { source, next: 5n, mark: 'm-1' });
        expect(await store.progressOf(source)).toEqual({ source, next: 5n, mark: 'm-1' });
        expect(await store.append([], { source, next: 9n })).toEqual([]);
        expect(await store.progressOf(source)).toEqual({ source, next: 9n });
      });

      test('of a late sender changes nothing, of a source begun anew it does', async () => {
        const [source, a] = [unique('kafka'), unique('a')];
        await store.append([to(unique('s'), [unique('b')])], { source, next: 50n, mark: 'm-1' });
        const [late] = await store.append([to(unique('s'), [a])], { source, next: 40n, mark: 'm-0' });
        expect(receipts(late)[0]?.duplicate).toBe(false);
        expect(await store.progressOf(source)).toEqual({ source, next: 50n, mark: 'm-1' });
        await store.append([], { source, next: 3n, mark: 'n-1', anew: true });
        expect(await store.progressOf(source)).toEqual({ source, next: 3n, mark: 'n-1' });
      });

      test('of many at once is the furthest of each', async () => {
        const sources = [unique('kafka'), unique('kafka')];
        const moves = Array.from({ length: 40 }, (_, index) => ({
          ...{ source: sources[index % 2] ?? '', next: BigInt((index * 7) % 40) },
        }));
        await Promise.all(moves.map((move) => store.append([to(unique('s'), [unique('a')])], move)));
        for (const source of sources) {
          const own = moves.filter((move) => move.source === source).map(({ next }) => Number(next));
          expect(await store.progressOf(source)).toEqual({ source, next: BigInt(Math.max(...own)) });
        }
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
        expect(seen).toHaveLength(12);
        expectNext(after, seen);
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
        await store.waitForGrowth(await store.head(), 20);
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

      test('ordered and idempotent: whatever is sent at once and again, positions grow as promised and receipts are the first', async () => {
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
            const log = await eventsAfter(store, head);

            expectNext(
              head,
              log.map(({ position }) => position),
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
