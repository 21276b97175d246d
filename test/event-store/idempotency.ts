import { describe, expect, test } from '@jest/globals';
import { appendRequest } from '../events.js';
import { eventsAfter } from '../events-after.js';
import type { TestLog } from './test-log.js';

export function idempotencyContract(target: TestLog): void {
  const { append, unique, receipts } = target;

  describe('idempotency of append', () => {
    test('the same events again get the first receipts and change nothing', async () => {
      const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
      const first = receipts((await append(appendRequest(stream, [a, b])))[0]);
      await append(appendRequest(unique('s'), [unique('c')]));
      const head = await target.store.head();
      const again = receipts((await append(appendRequest(stream, [a, b])))[0]);
      expect(again).toEqual(first.map((receipt) => ({ ...receipt, duplicate: true })));
      expect(await target.store.head()).toBe(head);
    });

    test('duplicates succeed whatever version they expect', async () => {
      const [stream, a] = [unique('s'), unique('a')];
      const first = receipts((await append(appendRequest(stream, [a], 'noStream')))[0]);
      await append(appendRequest(stream, [unique('b')], { exact: 1 }));
      const again = receipts((await append(appendRequest(stream, [a], 'noStream')))[0]);
      expect(again).toEqual([{ ...first[0], duplicate: true }]);
    });

    test('new events among duplicates are appended in order', async () => {
      const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
      await append(appendRequest(stream, [a, b]));
      const result = receipts(
        (await append(appendRequest(stream, [unique('c'), b, unique('d')], { exact: 2 })))[0],
      );
      expect(result.map(({ version, duplicate }) => [version, duplicate])).toEqual([
        [3, false],
        [2, true],
        [4, false],
      ]);
    });

    test('duplicates within one append and within one batch are appended once', async () => {
      const [stream, a, b] = [unique('s'), unique('a'), unique('b')];
      const head = await target.store.head();
      const results = await append(
        appendRequest(stream, [a, a]),
        appendRequest(stream, [b, a], { exact: 1 }),
        appendRequest(stream, [a], 'noStream'),
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
      expect(await eventsAfter(target.store, head)).toHaveLength(2);
    });

    test('the same event in another stream is a duplicate', async () => {
      const [one, two, a, b] = [unique('s'), unique('s'), unique('a'), unique('b')];
      const first = receipts((await append(appendRequest(one, [a])))[0]);
      const again = receipts((await append(appendRequest(two, [b, a])))[0]);
      expect(again).toMatchObject([
        { version: 1, duplicate: false },
        { ...first[0], duplicate: true },
      ]);
      expect(await target.store.readStream('main', two)).toHaveLength(1);
    });

    test('the same id in another workspace is another event', async () => {
      const [stream, a] = [unique('s'), unique('a')];
      await append(appendRequest(stream, [a]));
      const [result] = await append(appendRequest(stream, [a], 'noStream', 'other'));
      expect(receipts(result)[0]).toMatchObject({ version: 1, duplicate: false });
    });

    test('concurrent appends of the same event get the same receipt', async () => {
      const [stream, a] = [unique('s'), unique('a')];
      const results = await Promise.all(Array.from({ length: 20 }, () => append(appendRequest(stream, [a]))));
      const all = results.flatMap((result) => receipts(result[0]));
      expect(new Set(all.map(({ position }) => position)).size).toBe(1);
      expect(all.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    });
  });
}
