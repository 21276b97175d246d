import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Waits } from './waits.js';

const TELL_AFTER_MS = 50;

function waiting() {
  const said: string[] = [];
  const tell = (line: string): void => void said.push(line);
  let changes = 0;
  const waits = new Waits({ log: tell, warn: tell }, () => (changes += 1), TELL_AFTER_MS);
  return { said, waits, changes: () => changes };
}

test('a long wait is told once, with its last reason, though nothing was tried again', async () => {
  const { said, waits } = waiting();
  waits.begin(0, new Error('full'));
  waits.begin(1, 'away');
  await sleep(2 * TELL_AFTER_MS);
  expect(said).toEqual(['records of Kafka wait: away']);

  waits.begin(0, new Error('full'));
  waits.end(0);
  await sleep(2 * TELL_AFTER_MS);
  expect(said).toHaveLength(1);
  waits.end(1);
  expect(said).toEqual(['records of Kafka wait: away', 'records of Kafka wait no longer']);
});

test('a short wait is not told', async () => {
  const { said, waits, changes } = waiting();
  waits.begin(0, new Error('full'));
  expect(waits.has(0)).toBe(true);
  waits.end(0);
  expect(waits.has(0)).toBe(false);
  expect(changes()).toBe(2);

  await sleep(2 * TELL_AFTER_MS);
  expect(said).toEqual([]);
});

test('with new partitions waiting begins anew', async () => {
  const { said, waits } = waiting();
  waits.begin(0, new Error('full'));
  waits.clear();
  await sleep(2 * TELL_AFTER_MS);
  expect(said).toEqual([]);

  waits.begin(0, new Error('full'));
  await sleep(2 * TELL_AFTER_MS);
  waits.clear();
  expect(said).toEqual(['records of Kafka wait: full', 'records of Kafka wait no longer']);
});

test('who stops tells nothing more', async () => {
  const { said, waits } = waiting();
  waits.begin(0, new Error('full'));
  waits.stop();
  await sleep(2 * TELL_AFTER_MS);
  expect(said).toEqual([]);
});
