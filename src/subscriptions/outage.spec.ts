import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { append, seen, tally, tallyTables, touches } from '../../test/sample-projections.js';
import { until } from '../../test/until.js';
import { createPool } from '../database/database.js';
import { type Embedded, startEmbedded } from '../database/embedded.js';
import { migrate } from '../database/migrate.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { readCheckpoints } from './read-checkpoints.js';
import { countDeadLetters } from './dead-letters.js';
import { SubscriptionRunner } from './runner.js';

Logger.overrideLogger(false);

let dataDir: string;
let server: Embedded;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-outage-'));
  server = await startEmbedded({ dataDir });
  await migrate(server.url);
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test('PostgreSQL goes away twice: projections wait, nothing becomes a dead letter, is doubled or lost', async () => {
  const pool = createPool(server.url, { max: 10 });
  await tallyTables(pool, 'alpha', 'beta');
  const store = new MemoryEventStore();
  const projections = [tally('alpha'), tally('beta', { after: ['alpha'] })];
  const runner = new SubscriptionRunner({
    pool,
    store,
    subscriptions: projections,
    largestBatch: 100,
    leaseMs: 2_000,
  });
  runner.start();

  await append(store, touches(1_000));
  await sleep(30);
  await server.stop();
  await append(store, touches(1_000));
  await sleep(1_500);
  server = await startEmbedded({ dataDir, port: server.port });
  await append(store, touches(1_000));
  await sleep(50);
  // A crash of the server, which its owner starts again.
  process.kill(server.pid() ?? 0, 'SIGKILL');
  await append(store, touches(1_000));

  const caughtUp = await until(async () => {
    const checkpoints = await readCheckpoints(pool).catch(() => []);
    return checkpoints.length === 2 && checkpoints.every(({ position }) => position === 4_000n);
  }, 30_000);
  expect(caughtUp).toBe(true);
  expect(await seen(pool, 'alpha')).toBe(4_000);
  expect(await seen(pool, 'beta')).toBe(4_000);
  expect((await countDeadLetters(pool)).size).toBe(0);
  await runner.stop();
  await pool.end();
});
