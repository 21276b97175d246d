import { expect, test } from '@jest/globals';
import type { KafkaRecord } from '../../kafka/kafka.js';
import { BufferLimit } from './buffer-limit.js';
import { RecordBuffer } from './record-buffer.js';

const record = (offset: number, bytes = 10): KafkaRecord => ({
  ...{ partition: 0, offset, timestamp: 0, key: null, headers: {} },
  value: Buffer.alloc(bytes),
});
const records = (from: number, to: number, bytes?: number): KafkaRecord[] =>
  Array.from({ length: to - from }, (_, index) => record(from + index, bytes));

test('records come in batches of a thousand, in order, also when more are added meanwhile', () => {
  const buffer = new RecordBuffer(new BufferLimit(1e9, 0, () => undefined));
  buffer.add(records(0, 1_500));
  const first = buffer.next() ?? [];
  buffer.add(records(1_500, 2_100));
  const rest = [buffer.next() ?? [], buffer.next() ?? []];

  expect([first, ...rest].map(({ length }) => length)).toEqual([1_000, 1_000, 100]);
  expect([first, ...rest].flat().map(({ offset }) => offset)).toEqual(
    records(0, 2_100).map(({ offset }) => offset),
  );
  expect(buffer.next()).toBeUndefined();
});

test('large records make small batches, of one at least', () => {
  const buffer = new RecordBuffer(new BufferLimit(1e9, 0, () => undefined));
  buffer.add([...records(0, 3, 900_000), record(3, 5_000_000), record(4)]);
  expect([buffer.next(), buffer.next(), buffer.next(), buffer.next()].map((batch) => batch?.length)).toEqual([
    2, 1, 1, 1,
  ]);
});

test('the limit is reached until batches are released, and again free when they are dropped', () => {
  const turns: boolean[] = [];
  const limit = new BufferLimit(100_000, 50_000, () => turns.push(limit.isFull));
  const buffer = new RecordBuffer(limit);
  buffer.add(records(0, 2, 60_000));
  expect(limit.isFull).toBe(true);
  const batch = buffer.next() ?? [];
  expect(buffer.isEmpty).toBe(false);
  buffer.release(batch);
  expect([limit.isFull, buffer.isEmpty]).toEqual([false, true]);

  buffer.add(records(2, 4, 60_000));
  buffer.clear();
  expect([limit.isFull, buffer.isEmpty]).toEqual([false, true]);
  expect(turns).toEqual([true, false, true, false]);
});
