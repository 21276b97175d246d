import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlockedPartitions } from './blocked-partitions.js';

const LOG_AFTER_MS = 50;

function observed() {
  const logged: string[] = [];
  const log = (line: string): void => void logged.push(line);
  let changes = 0;
  const blocked = new BlockedPartitions({ log: log, warn: log }, () => (changes += 1), LOG_AFTER_MS);
  return { logged, blocked, changes: () => changes };
}

test('partitions that are blocked for long are logged once, with the last reason, though nothing is tried again', async () => {
  const { logged, blocked } = observed();
  blocked.block(0, new Error('full'));
  blocked.block(1, 'away');
  await sleep(2 * LOG_AFTER_MS);
  expect(logged).toEqual(['records of Kafka wait: away']);

  blocked.block(0, new Error('full'));
  blocked.unblock(0);
  await sleep(2 * LOG_AFTER_MS);
  expect(logged).toHaveLength(1);
  blocked.unblock(1);
  expect(logged).toEqual(['records of Kafka wait: away', 'records of Kafka wait no longer']);
});

test('partitions that are blocked for a moment are not logged', async () => {
  const { logged, blocked, changes } = observed();
  blocked.block(0, new Error('full'));
  expect(blocked.has(0)).toBe(true);
  blocked.unblock(0);
  expect(blocked.has(0)).toBe(false);
  expect(changes()).toBe(2);

  await sleep(2 * LOG_AFTER_MS);
  expect(logged).toEqual([]);
});

test('new partitions are not blocked', async () => {
  const { logged, blocked } = observed();
  blocked.block(0, new Error('full'));
  blocked.clear();
  await sleep(2 * LOG_AFTER_MS);
  expect(logged).toEqual([]);

  blocked.block(0, new Error('full'));
  await sleep(2 * LOG_AFTER_MS);
  blocked.clear();
  expect(logged).toEqual(['records of Kafka wait: full', 'records of Kafka wait no longer']);
});

test('nothing is logged after a stop', async () => {
  const { logged, blocked } = observed();
  blocked.block(0, new Error('full'));
  blocked.stop();
  await sleep(2 * LOG_AFTER_MS);
  expect(logged).toEqual([]);
});
