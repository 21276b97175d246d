import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Embedded, startEmbedded } from '../../src/database/embedded.js';
import { TcpProxy } from '../tcp-proxy.js';
import { until } from '../until.js';
import { freePort, ServerProcess } from './server-process.js';
import { Traffic } from './traffic.js';
import { expectRecovered } from './invariants.js';

let databaseDir: string;
let database: Embedded;
let wire: TcpProxy;
let server: ServerProcess;

beforeAll(async () => {
  databaseDir = await mkdtemp(join(tmpdir(), 'touchline-database-'));
  database = await startEmbedded({ dataDir: databaseDir });
  wire = await TcpProxy.start(database.port);
  server = await ServerProcess.start({
    dataDir: await mkdtemp(join(tmpdir(), 'touchline-network-')),
    port: await freePort(),
    env: { DATABASE_URL: wire.through(database.url) },
  });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await wire.stop();
  await database.stop();
  await rm(databaseDir, { recursive: true, force: true });
});

test(
  'broken, slow and silent connections to PostgreSQL under load give 503, recover automatically, and lose nothing',
  async () => {
    const traffic = new Traffic(server.url);
    traffic.start({ batches: 6, singles: 24, opportunities: 2, pauseMs: 20 });
    let peak = 0;
    const watched = async (ms: number): Promise<void> => {
      peak = Math.max(peak, await server.peakMemory(ms));
    };
    const goesOn = (): Promise<boolean> => {
      const before = traffic.acknowledged.messages.size;
      return until(() => traffic.acknowledged.messages.size > before + 1_000, 60_000);
    };

    for (let times = 0; times < 5; times += 1) {
      await sleep(300);
      wire.cut();
    }
    expect(await goesOn()).toBe(true);

    wire.delay(150);
    await watched(3_000);
    wire.restore();
    expect(await goesOn()).toBe(true);

    traffic.refusals.statuses.clear();
    wire.silence();
    // No connection is reset when the database is gone: every client must get 503 all the same.
    expect(await until(() => (traffic.refusals.statuses.get(503) ?? 0) >= 10, 60_000)).toBe(true);
    await watched(2_000);
    wire.restore();
    expect(await goesOn()).toBe(true);

    // The same, but what was silent is broken when it speaks again.
    wire.silence();
    await watched(4_000);
    wire.cut();
    wire.restore();
    expect(await goesOn()).toBe(true);

    expect(peak).toBeLessThan(500e6);
    await expectRecovered(server, traffic, databaseDir);
  },
  5 * 60_000,
);
