import { expect, test } from '@jest/globals';
import { Worker } from 'node:worker_threads';
import { Growth } from './growth.js';

/** Longer than a test may take: what resolves was woken. */
const FOR_EVER_MS = 60_000;

test('a position once reached is not taken back, and says so', () => {
  const growth = new Growth();
  expect([growth.reach(3n), growth.reach(3n), growth.reach(2n), growth.reach(4n)]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(growth.reached).toBe(4n);
});

test('who waits is woken by the first position past theirs', async () => {
  const growth = new Growth();
  let woken = false;
  const waits = growth.waitFor(5n, FOR_EVER_MS).then(() => (woken = true));
  growth.reach(5n);
  await Promise.resolve();
  expect(woken).toBe(false);
  growth.reach(6n);
  await waits;
});

test('another thread wakes those who wait, however many positions it takes', async () => {
  const growth = new Growth();
  const joined = new Growth(growth.shared);
  const waits = Promise.all([joined.waitFor(2n, FOR_EVER_MS), joined.waitFor(50n, FOR_EVER_MS)]);
  const script = `
    const { workerData } = require('node:worker_threads');
    const head = new BigInt64Array(workerData);
    for (let position = 1n; position <= 51n; position += 1n) {
      Atomics.store(head, 0, position);
      Atomics.notify(head, 0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }`;
  const worker = new Worker(script, { eval: true, workerData: growth.shared });
  await waits;
  expect(joined.reached).toBe(51n);
  await worker.terminate();
});
