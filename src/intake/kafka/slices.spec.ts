import { expect, test } from '@jest/globals';
import type { KafkaRecord } from '../../kafka/kafka.js';
import { Room } from './room.js';
import { Slices } from './slices.js';

const record = (offset: number, bytes = 10): KafkaRecord => ({
  ...{ partition: 0, offset, timestamp: 0, key: null, headers: {} },
  value: Buffer.alloc(bytes),
});
const records = (from: number, to: number, bytes?: number): KafkaRecord[] =>
  Array.from({ length: to - from }, (_, index) => record(from + index, bytes));

test('records come in slices of a thousand, in order, also when more are added meanwhile', () => {
  const slices = new Slices(new Room(1e9, 0, () => undefined));
  slices.add(records(0, 1_500));
  const first = slices.next() ?? [];
  slices.add(records(1_500, 2_100));
  const rest = [slices.next() ?? [], slices.next() ?? []];

  expect([first, ...rest].map(({ length }) => length)).toEqual([1_000, 1_000, 100]);
  expect([first, ...rest].flat().map(({ offset }) => offset)).toEqual(
    records(0, 2_100).map(({ offset }) => offset),
  );
  expect(slices.next()).toBeUndefined();
});

test('large records make small slices, of one at least', () => {
  const slices = new Slices(new Room(1e9, 0, () => undefined));
  slices.add([...records(0, 3, 900_000), record(3, 5_000_000), record(4)]);
  expect([slices.next(), slices.next(), slices.next(), slices.next()].map((slice) => slice?.length)).toEqual([
    2, 1, 1, 1,
  ]);
});

test('the room is full until slices are done, and free when they are dropped', () => {
  const turns: boolean[] = [];
  const room = new Room(100_000, 50_000, () => turns.push(room.full));
  const slices = new Slices(room);
  slices.add(records(0, 2, 60_000));
  expect(room.full).toBe(true);
  const slice = slices.next() ?? [];
  expect(slices.empty).toBe(false);
  slices.done(slice);
  expect([room.full, slices.empty]).toEqual([false, true]);

  slices.add(records(2, 4, 60_000));
  slices.clear();
  expect([room.full, slices.empty]).toEqual([false, true]);
  expect(turns).toEqual([true, false, true, false]);
});
