import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { Checkpoints } from './checkpoint.js';
import { LEASE_MS, latestTakeover, idleTransactionTimeout, heartbeatInterval } from './lease-timing.js';
import { subscriptionSetHash, ownerName, processName } from './lease-owner.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.drop());

test('what a dead or frozen process had is with others within ten seconds', () => {
  expect(latestTakeover(LEASE_MS)).toBeLessThan(10_000);
  // A share follows the number of processes, which is known after a lease and a sign of life.
  expect(LEASE_MS + heartbeatInterval(LEASE_MS)).toBeLessThan(latestTakeover(LEASE_MS));
  expect(idleTransactionTimeout(LEASE_MS)).toBeGreaterThan(LEASE_MS);
});

test('a process shares with those that run the same projections in the same versions, and with no others', async () => {
  const [a, b] = [
    [
      { name: 'journey', version: 2 },
      { name: 'attribution', version: 1 },
    ],
    [
      { name: 'journey', version: 3 },
      { name: 'attribution', version: 1 },
    ],
  ];
  const heartbeat = (projections: typeof a = []) =>
    new Checkpoints(db.pool, ownerName(projections), LEASE_MS).heartbeat();
  expect(await heartbeat(a)).toBe(1);
  expect(await heartbeat(b)).toBe(1);
  expect(await heartbeat([{ name: 'publish', version: 1 }])).toBe(1);
  expect(await heartbeat([...(a ?? [])].reverse())).toBe(2);
});

test('an owner names its process and what it runs', () => {
  const projections = [{ name: 'journey', version: 2 }];
  const owner = ownerName(projections);
  expect(owner.startsWith(`${processName()}/`)).toBe(true);
  expect(owner.split('/')[3]).toBe(subscriptionSetHash(projections));
  expect(owner).not.toBe(ownerName(projections));
});
