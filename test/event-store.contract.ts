import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { EventType, Position } from '../src/domain/events.js';
import type {
  Append,
  AppendResult,
  EventReceipt,
  EventStore,
  NewFact,
} from '../src/event-store/event-store.js';
import { facts, touch, to } from './events.js';
import { eventsAfter } from './events-after.js';

/** An event with all that one may have, and text that encodings break. */
const EVERYTHING = {
  collector: 'web',
  correlationId: 'c-1',
  causationId: 'c-2',
  data: {
    ...touch('x').data,
    properties: { text: 'tab\t "quote" \\ ünï 漢字 🚀 \u0000', nested: [1, { a: null }] },
  },
};

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
    /** Names of facts no other test has. */
    const names = (count: number) => Array.from({ length: count }, () => unique('f'));
    const record = (stream: string, ...named: string[]) => store.record(facts(stream, named));
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

    describe('record', () => {
      test('gives positions that follow the head', async () => {
        const head = await store.head();
        const receipts = await store.record([
          ...facts(unique('s'), names(2)),
          ...facts(unique('s'), names(1)),
        ]);
        expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false, false]);
        const positions = receipts.map(({ position }) => position);
        expectNext(head, positions);
        expect(await store.head()).toBe(positions[2]);
        expect((await eventsAfter(store, head)).map(({ id }) => id)).toEqual(
          receipts.map(({ eventId }) => eventId),
        );
      });

      test('keeps all that a fact says and gives it no version', async () => {
        const stream = unique('s');
        const event = touch(unique('a'), EVERYTHING);
        const before = Date.now() - 1_000;
        const head = await store.head();
        await store.record([{ workspace: 'main', stream, event }, ...facts(stream, names(1), 'other')]);
        const [read, other] = await eventsAfter(store, head);
        const { factsHaveVersions } = store.guarantees;
        expect(read).toEqual({
          ...event,
          ...{ workspace: 'main', stream },
          ...(factsHaveVersions && { version: 1 }),
          position: expect.any(BigInt),
          recordedAt: expect.any(Date),
        });
        expect(+(read?.recordedAt ?? 0)).toBeGreaterThan(before);
        expect(other).toMatchObject({ workspace: 'other', stream });
        expect(await store.readStream('main', stream)).toHaveLength(factsHaveVersions ? 1 : 0);
      });

      test('clamps occurredAt to recordedAt', async () => {
        const head = await store.head();
        const event = touch(unique('a'), { occurredAt: new Date(Date.now() + 86_400_000) });
        await store.record([{ workspace: 'main', stream: unique('s'), event }]);
        const [read] = await eventsAfter(store, head);
        expect(read?.occurredAt).toEqual(read?.recordedAt);
      });

      test('no facts leave no trace', async () => {
        const head = await store.head();
        expect(await store.record([])).toEqual([]);
        expect(await store.head()).toBe(head);
      });

      test('the same facts again get the first receipts and change nothing', async () => {
        const sent = facts(unique('s'), names(2));
        const first = await store.record(sent);
        await record(unique('s'), unique('c'));
        const head = await store.head();
        expect(await store.record(sent)).toEqual(first.map((receipt) => ({ ...receipt, duplicate: true })));
        expect(await store.head()).toBe(head);
      });

      test('new facts among known and repeated ones are recorded, in order', async () => {
        const [stream, a, b, c, d] = [unique('s'), unique('a'), unique('b'), unique('c'), unique('d')];
        const [, known] = await record(stream, a, b);
        const head = await store.head();
        const receipts = await record(stream, c, b, c, d, b, d);
        expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, true, true, false, true, true]);
        const [ofC, ofB, againC, ofD, againB, againD] = receipts.map(({ position }) => position);
        expect([ofB, againB, againC, againD]).toEqual([known?.position, known?.position, ofC, ofD]);
        const log = await eventsAfter(store, head);
        expect(log.map(({ id, position }) => [id, position])).toEqual([
          [touch(c).id, ofC],
          [touch(d).id, ofD],
        ]);
        expectNext(
          head,
          log.map(({ position }) => position),
        );
      });

      test('the same fact sent to another stream is the same fact', async () => {
        const a = unique('a');
        const [first] = await record(unique('s'), a);
        const again = await record(unique('s'), unique('b'), a);
        expect(again).toMatchObject([{ duplicate: false }, { ...first, duplicate: true }]);
      });

      test('the same id in another workspace is another fact, also in one batch', async () => {
        const [stream, a] = [unique('s'), unique('a')];
        const sent = [...facts(stream, [a]), ...facts(stream, [a], 'other')];
        const [first, second] = await store.record(sent);
        expect([first?.duplicate, second?.duplicate]).toEqual([false, false]);
        expect(await store.record(sent)).toEqual([
          { ...first, duplicate: true },
          { ...second, duplicate: true },
        ]);
      });

      test('senders of the same fact at the same time get the same receipt', async () => {
        const [stream, a] = [unique('s'), unique('a')];
        const all = (await Promise.all(Array.from({ length: 20 }, () => record(stream, a)))).flat();
        expect(new Set(all.map(({ position }) => position)).size).toBe(1);
        expect(all.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      });

      test('what no log could hold is refused whole, and what is sent at the same time is recorded', async () => {
        const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
        const broken: NewFact = {
          ...{ workspace: 'main', stream },
          event: touch('broken', { occurredAt: new Date(NaN) }),
        };
        const head = await store.head();
        const results = await Promise.allSettled([
          record(stream, a),
          store.record([...facts(stream, names(2)), broken]),
          record(stream, b),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect((await eventsAfter(store, head)).map(({ id }) => id)).toEqual([touch(a).id, touch(b).id]);
      });

      test('more than a transaction takes is recorded in the order in which it was sent', async () => {
        const head = await store.head();
        const sent = [900, 200, 1_500, 1, 999, 1, 1].map((count) => facts(unique('s'), names(count)));
        const receipts = (await Promise.all(sent.map((batch) => store.record(batch)))).flat();
        const log = await eventsAfter(store, head);
        expectNext(
          head,
          log.map(({ position }) => position),
        );
        const byId = new Map(log.map(({ id, position }) => [id, position]));
        expect(byId.size).toBe(3_602);
        expect(receipts.map(({ eventId }) => eventId)).toEqual(sent.flat().map(({ event }) => event.id));
        expect(receipts.map(({ position }) => position)).toEqual(
          sent.flat().map(({ event }) => byId.get(event.id)),
        );
      });
    });

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
        const results = await append(
          to(one, [unique('a')]),
          to(two, [unique('b')]),
          to(one, [unique('c')], { exact: 1 }),
        );
        expect(results.map((result) => receipts(result)[0]?.version)).toEqual([1, 1, 2]);
      });

      test('keeps streams of the same name in two workspaces apart', async () => {
        const stream = unique('s');
        await append(to(stream, [unique('a')]));
        const [result] = await append(to(stream, [unique('b')], 'noStream', 'other'));
        expect(receipts(result)[0]?.version).toBe(1);
        expect(await store.readStream('other', stream)).toHaveLength(1);
      });

      test('keeps all that a decision says', async () => {
        const stream = unique('s');
        const event = touch(unique('a'), EVERYTHING);
        const before = Date.now() - 1_000;
        await append({ workspace: 'main', stream, expected: 'noStream', events: [event] });
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
        await append({ workspace: 'main', stream, expected: 'noStream', events: [event] });
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

    describe('idempotency of append', () => {
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
        await append(to(stream, [unique('b')], { exact: 1 }));
        const again = receipts((await append(to(stream, [a], 'noStream')))[0]);
        expect(again).toEqual([{ ...first[0], duplicate: true }]);
      });

      test('new events among duplicates are appended, in order', async () => {
        const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
        await append(to(stream, [a, b]));
        const result = receipts((await append(to(stream, [unique('c'), b, unique('d')], { exact: 2 })))[0]);
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
        const [result] = await append(to(stream, [a], 'noStream', 'other'));
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
          { workspace: 'main', stream: unique('s'), expected: 'noStream', events: [observed] },
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
      test('is kept with its facts, and alone', async () => {
        const source = unique('kafka');
        expect(await store.progressOf(source)).toBeUndefined();
        await store.record(facts(unique('s'), [unique('a')]), { source, next: 5n, mark: 'm-1' });
        expect(await store.progressOf(source)).toEqual({ source, next: 5n, mark: 'm-1' });
        expect(await store.record([], { source, next: 9n })).toEqual([]);
        expect(await store.progressOf(source)).toEqual({ source, next: 9n });
      });

      test('of a late sender changes nothing, of a source begun anew it does', async () => {
        const [source, a] = [unique('kafka'), unique('a')];
        await store.record(facts(unique('s'), [unique('b')]), { source, next: 50n, mark: 'm-1' });
        const [late] = await store.record(facts(unique('s'), [a]), { source, next: 40n, mark: 'm-0' });
        expect(late?.duplicate).toBe(false);
        expect(await store.progressOf(source)).toEqual({ source, next: 50n, mark: 'm-1' });
        await store.record([], { source, next: 3n, mark: 'n-1', anew: true });
        expect(await store.progressOf(source)).toEqual({ source, next: 3n, mark: 'n-1' });
      });

      test('of many at once is the furthest of each', async () => {
        const sources = [unique('kafka'), unique('kafka')];
        const moves = Array.from({ length: 40 }, (_, index) => ({
          ...{ source: sources[index % 2] ?? '', next: BigInt((index * 7) % 40) },
        }));
        await Promise.all(moves.map((move) => store.record(facts(unique('s'), [unique('a')]), move)));
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
      const ids = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 });
      const expectations = fc.oneof(
        { arbitrary: fc.constant('noStream' as const), weight: 1 },
        { arbitrary: fc.record({ exact: fc.integer({ min: 0, max: 5 }) }), weight: 2 },
      );
      const recorded = fc.array(fc.record({ stream: streams, ids }), { maxLength: 4 });
      const appended = fc.array(fc.record({ stream: streams, ids, expected: expectations }), {
        maxLength: 4,
      });

      test('ordered and idempotent: whatever is sent at once and again, positions grow as promised and receipts are the first', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(recorded, { maxLength: 8 }),
            fc.array(appended, { maxLength: 8 }),
            async (records, calls) => {
              const run = randomUUID();
              const head = await store.head();
              const batches = records.map((parts) =>
                parts.flatMap((one) =>
                  facts(
                    `${run}-facts-${one.stream}`,
                    one.ids.map((nr) => `${run}-fact-${nr}`),
                  ),
                ),
              );
              const commands = calls.map((appends) =>
                appends.map((one) =>
                  to(
                    `${run}-${one.stream}`,
                    one.ids.map((nr) => `${run}-${nr}`),
                    one.expected,
                  ),
                ),
              );
              const [receipts, results] = await Promise.all([
                Promise.all([...batches, ...batches].map((batch) => store.record(batch))),
                Promise.all([...commands, ...commands].map((batch) => store.append(batch))),
              ]);
              const log = await eventsAfter(store, head);

              expectNext(
                head,
                log.map(({ position }) => position),
              );
              expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
              const decisions = log.filter(({ stream }) => !stream.startsWith(`${run}-facts`));
              for (const events of Map.groupBy(decisions, ({ stream }) => stream).values())
                expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));

              const byId = new Map(log.map((event) => [event.id, event]));
              const given = results
                .flat()
                .flatMap((result) => (result.status === 'appended' ? result.receipts : []));
              for (const { eventId, position, version } of given)
                expect(byId.get(eventId)).toMatchObject({ position, version });
              for (const { eventId, position } of receipts.flat())
                expect(byId.get(eventId)).toMatchObject({ position });
              const isNew = ({ duplicate }: { duplicate: boolean }) => !duplicate;
              expect(given.filter(isNew)).toHaveLength(decisions.length);
              expect(receipts.flat().filter(isNew)).toHaveLength(log.length - decisions.length);
              const sent = new Set(batches.flat().map(({ event }) => event.id));
              expect(log.length - decisions.length).toBe(sent.size);
            },
          ),
          { numRuns: 60 },
        );
      });
    });

    test('refuses facts and decisions once it is closed', async () => {
      await store.close();
      await expect(record('s', 'late')).rejects.toMatchObject({ name: 'StoreUnavailable' });
      await expect(append(to('s', ['late']))).rejects.toMatchObject({ name: 'StoreUnavailable' });
    });
  });
}

async function until(done: () => boolean): Promise<void> {
  for (const limit = Date.now() + 10_000; !done(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > limit) throw new Error('waited for ten seconds');
}
