import { describe, expect, test } from '@jest/globals';
import type { NewFact } from '../../src/event-store/event-store.js';
import { facts, touch } from '../events.js';
import { eventsAfter } from '../events-after.js';
import { EVERYTHING, type TestLog } from './test-log.js';

export function recordContract(target: TestLog): void {
  const { unique, names, record, expectNext } = target;

  describe('record', () => {
    test('returns positions after the head', async () => {
      const head = await target.store.head();
      const receipts = await target.store.record([
        ...facts(unique('s'), names(2)),
        ...facts(unique('s'), names(1)),
      ]);
      expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false, false]);
      const positions = receipts.map(({ position }) => position);
      expectNext(head, positions);
      expect(await target.store.head()).toBe(positions[2]);
      expect((await eventsAfter(target.store, head)).map(({ id }) => id)).toEqual(
        receipts.map(({ eventId }) => eventId),
      );
    });

    test('stores all fields of a fact without a version', async () => {
      const stream = unique('s');
      const event = touch(unique('a'), EVERYTHING);
      const before = Date.now() - 1_000;
      const head = await target.store.head();
      await target.store.record([{ workspace: 'main', stream, event }, ...facts(stream, names(1), 'other')]);
      const [read, other] = await eventsAfter(target.store, head);
      const { factsHaveVersions } = target.store.guarantees;
      expect(read).toEqual({
        ...event,
        ...{ workspace: 'main', stream },
        ...(factsHaveVersions && { version: 1 }),
        position: expect.any(BigInt),
        recordedAt: expect.any(Date),
      });
      expect(+(read?.recordedAt ?? 0)).toBeGreaterThan(before);
      expect(other).toMatchObject({ workspace: 'other', stream });
      expect(await target.store.readStream('main', stream)).toHaveLength(factsHaveVersions ? 1 : 0);
    });

    test('clamps occurredAt to recordedAt', async () => {
      const head = await target.store.head();
      const event = touch(unique('a'), { occurredAt: new Date(Date.now() + 86_400_000) });
      await target.store.record([{ workspace: 'main', stream: unique('s'), event }]);
      const [read] = await eventsAfter(target.store, head);
      expect(read?.occurredAt).toEqual(read?.recordedAt);
    });

    test('without facts records nothing', async () => {
      const head = await target.store.head();
      expect(await target.store.record([])).toEqual([]);
      expect(await target.store.head()).toBe(head);
    });

    test('the same facts again returns the first receipts and changes nothing', async () => {
      const sent = facts(unique('s'), names(2));
      const first = await target.store.record(sent);
      await record(unique('s'), unique('c'));
      const head = await target.store.head();
      expect(await target.store.record(sent)).toEqual(
        first.map((receipt) => ({ ...receipt, duplicate: true })),
      );
      expect(await target.store.head()).toBe(head);
    });

    test('new facts among known and repeated ones keeps their order', async () => {
      const [stream, a, b, c, d] = [unique('s'), unique('a'), unique('b'), unique('c'), unique('d')];
      const [, known] = await record(stream, a, b);
      const head = await target.store.head();
      const receipts = await record(stream, c, b, c, d, b, d);
      expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, true, true, false, true, true]);
      const [ofC, ofB, againC, ofD, againB, againD] = receipts.map(({ position }) => position);
      expect([ofB, againB, againC, againD]).toEqual([known?.position, known?.position, ofC, ofD]);
      const log = await eventsAfter(target.store, head);
      expect(log.map(({ id, position }) => [id, position])).toEqual([
        [touch(c).id, ofC],
        [touch(d).id, ofD],
      ]);
      expectNext(
        head,
        log.map(({ position }) => position),
      );
    });

    test('the same fact in another stream is a duplicate', async () => {
      const a = unique('a');
      const [first] = await record(unique('s'), a);
      const again = await record(unique('s'), unique('b'), a);
      expect(again).toMatchObject([{ duplicate: false }, { ...first, duplicate: true }]);
    });

    test('the same id in another workspace is another fact, even in one batch', async () => {
      const [stream, a] = [unique('s'), unique('a')];
      const sent = [...facts(stream, [a]), ...facts(stream, [a], 'other')];
      const [first, second] = await target.store.record(sent);
      expect([first?.duplicate, second?.duplicate]).toEqual([false, false]);
      expect(await target.store.record(sent)).toEqual([
        { ...first, duplicate: true },
        { ...second, duplicate: true },
      ]);
    });

    test('the same fact concurrently returns the same receipt', async () => {
      const [stream, a] = [unique('s'), unique('a')];
      const all = (await Promise.all(Array.from({ length: 20 }, () => record(stream, a)))).flat();
      expect(new Set(all.map(({ position }) => position)).size).toBe(1);
      expect(all.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    });

    test('facts that no log could store is refused as a whole, and concurrent ones are recorded', async () => {
      const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
      const broken: NewFact = {
        ...{ workspace: 'main', stream },
        event: touch('broken', { occurredAt: new Date(NaN) }),
      };
      const head = await target.store.head();
      const results = await Promise.allSettled([
        record(stream, a),
        target.store.record([...facts(stream, names(2)), broken]),
        record(stream, b),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await eventsAfter(target.store, head)).map(({ id }) => id)).toEqual([touch(a).id, touch(b).id]);
    });

    test('more than a transaction holds keeps the order of the calls', async () => {
      const head = await target.store.head();
      const sent = [900, 200, 1_500, 1, 999, 1, 1].map((count) => facts(unique('s'), names(count)));
      const receipts = (await Promise.all(sent.map((batch) => target.store.record(batch)))).flat();
      const log = await eventsAfter(target.store, head);
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
}
