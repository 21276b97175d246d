import { expect, test } from '@jest/globals';
import type { RecordedEvent } from '../domain/events.js';
import { BatchSize } from './batch-size.js';

const eventOf = (bytes: number) => ({ data: { text: 'x'.repeat(bytes) } }) as unknown as RecordedEvent;

function grown(): BatchSize {
  const size = new BatchSize(5_000, 1_000);
  for (let batch = 0; batch < 10; batch += 1) size.applied(1, true);
  return size;
}

test('a page of large events makes the next one small', () => {
  const size = grown();
  size.sawPage([eventOf(100_000)]);
  expect(size.limit).toBeLessThan(50);
});

test('a batch is as large as before soon after one large event, though no events follow it', () => {
  const size = grown();
  size.sawPage([eventOf(100_000)]);
  for (let page = 0; page < 8; page += 1) size.sawPage([]);
  expect(size.limit).toBe(5_000);
});

test('it grows again from events so large that a page holds one', () => {
  const size = grown();
  size.sawPage([eventOf(5_000_000)]);
  expect(size.limit).toBe(1);
  for (let page = 0; page < 13; page += 1) size.sawPage([eventOf(10)]);
  expect(size.limit).toBe(5_000);
});

test('batches that are cut off become smaller down to a single event, and grow again', () => {
  const size = grown();
  for (let batch = 0; batch < 13; batch += 1) size.cutOff();
  expect(size.limit).toBe(1);
  size.applied(60_000, true);
  expect(size.limit).toBe(1);
  for (let batch = 0; batch < 13; batch += 1) size.applied(1, true);
  expect(size.limit).toBe(5_000);
});
