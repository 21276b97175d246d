import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Embedded, startEmbedded } from '../../src/database/embedded.js';
import { until } from '../until.js';
import { freePort, ServerProcess } from './server-process.js';
import { Traffic } from './traffic.js';
import { expectRecovered } from './invariants.js';

let databaseDir: string;
let database: Embedded;
let server: ServerProcess;

beforeAll(async () => {
  databaseDir = await mkdtemp(join(tmpdir(), 'touchline-database-'));
  database = await startEmbedded({ dataDir: databaseDir });
  const port = await freePort();
  server = await ServerProcess.start({
    dataDir: await mkdtemp(join(tmpdir(), 'touchline-outage-')),
    port,
    env: { DATABASE_URL: database.url },
  });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await database.stop();
  await rm(databaseDir, { recursive: true, force: true });
});

test(
  'a restart of PostgreSQL under load gives 503 with Retry-After, loses nothing, and keeps memory bounded',
  async () => {
    const traffic = new Traffic(server.url);
    traffic.start({ batches: 6, singles: 24, opportunities: 2, questions: 4, pauseMs: 20 });
    await sleep(1_500);
    let peak = 0;
    for (const downMs of [500, 4_000]) {
      const before = traffic.acknowledged.messages.size;
      await database.stop();
      peak = Math.max(peak, await server.peakMemory(downMs));
      database = await startEmbedded({ dataDir: databaseDir, port: database.port });
      expect(await until(() => traffic.acknowledged.messages.size > before + 1_000, 60_000)).toBe(true);
    }
    expect(peak).toBeLessThan(500e6);
    await expectRecovered(server, traffic, databaseDir);
  },
  5 * 60_000,
);
