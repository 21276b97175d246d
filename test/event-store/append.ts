import { describe, expect, test } from '@jest/globals';
import { appendRequest, touch } from '../events.js';
import { eventsAfter } from '../events-after.js';
import { EVERYTHING, type TestLog } from './test-log.js';

export function appendContract(target: TestLog): void {
  const { append, unique, receipts, expectNext } = target;

  describe('append', () => {
    test('returns positions after the head and versions from 1', async () => {
      const stream = unique('s');
      const head = await target.store.head();
      const [result] = await append(appendRequest(stream, [unique('a'), unique('b')]));
      expect(receipts(result)).toMatchObject([
        { version: 1, duplicate: false },
        { version: 2, duplicate: false },
      ]);
      const positions = receipts(result).map(({ position }) => position);
      expectNext(head, positions);
      expect(await target.store.head()).toBe(positions[1]);
    });

    test('counts the versions of each stream of a batch separately', async () => {
      const [one, two] = [unique('s'), unique('s')];
      const results = await append(
        appendRequest(one, [unique('a')]),
        appendRequest(two, [unique('b')]),
        appendRequest(one, [unique('c')], { exact: 1 }),
      );
      expect(results.map((result) => receipts(result)[0]?.version)).toEqual([1, 1, 2]);
    });

    test('separates streams of the same name in two workspaces', async () => {
      const stream = unique('s');
      await append(appendRequest(stream, [unique('a')]));
      const [result] = await append(appendRequest(stream, [unique('b')], 'noStream', 'other'));
      expect(receipts(result)[0]?.version).toBe(1);
      expect(await target.store.readStream('other', stream)).toHaveLength(1);
    });

    test('stores all fields of a decision', async () => {
      const stream = unique('s');
      const event = touch(unique('a'), EVERYTHING);
      const before = Date.now() - 1_000;
      await append({ workspace: 'main', stream, expected: 'noStream', events: [event] });
      const [read] = await target.store.readStream('main', stream);
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
      const [read] = await target.store.readStream('main', stream);
      expect(read?.occurredAt).toEqual(read?.recordedAt);
    });

    test('without events succeeds and records nothing', async () => {
      const head = await target.store.head();
      expect(await append(appendRequest(unique('s'), []))).toEqual([{ status: 'appended', receipts: [] }]);
      expect(await append()).toEqual([]);
      expect(await target.store.head()).toBe(head);
    });
  });

  describe('expected version', () => {
    test('noStream and exact succeed if met, else return the version of the stream', async () => {
      const stream = unique('s');
      expect(await append(appendRequest(stream, [unique('a')], { exact: 1 }))).toEqual([
        { status: 'conflict', expected: { exact: 1 }, actual: 0 },
      ]);
      expect((await append(appendRequest(stream, [unique('b')], 'noStream')))[0]?.status).toBe('appended');
      expect((await append(appendRequest(stream, [unique('c')], { exact: 1 })))[0]?.status).toBe('appended');
      expect(await append(appendRequest(stream, [unique('d')], 'noStream'))).toEqual([
        { status: 'conflict', expected: 'noStream', actual: 2 },
      ]);
      expect(await target.store.readStream('main', stream)).toHaveLength(2);
    });

    test('a conflict affects only its own append and uses no positions', async () => {
      const [one, two, three] = [unique('s'), unique('s'), unique('s')];
      const head = await target.store.head();
      const results = await append(
        appendRequest(one, [unique('a')]),
        appendRequest(two, [unique('b'), unique('c')], { exact: 7 }),
        appendRequest(three, [unique('d')], 'noStream'),
      );
      expect(results.map(({ status }) => status)).toEqual(['appended', 'conflict', 'appended']);
      const log = await eventsAfter(target.store, head);
      expect(log.map(({ stream }) => stream).sort()).toEqual([one, three].sort());
      expectNext(
        head,
        log.map(({ position }) => position),
      );
      expect(await target.store.head()).toBe(log[1]?.position);
      expect(await target.store.readStream('main', two)).toEqual([]);
    });

    test('an append sees earlier appends of its batch', async () => {
      const stream = unique('s');
      const results = await append(
        appendRequest(stream, [unique('a')], 'noStream'),
        appendRequest(stream, [unique('b')], 'noStream'),
        appendRequest(stream, [unique('c')], { exact: 1 }),
      );
      expect(results.map(({ status }) => status)).toEqual(['appended', 'conflict', 'appended']);
    });

    test('one of many concurrent writers with the same expected version succeeds', async () => {
      const stream = unique('s');
      const results = await Promise.all(
        Array.from({ length: 20 }, () => append(appendRequest(stream, [unique('a')], 'noStream'))),
      );
      expect(results.flat().filter(({ status }) => status === 'appended')).toHaveLength(1);
    });
  });
}
