import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.js';
import { BiSessions } from './bi-sessions.js';
import { freePort, poolOf, ServerProcess } from './server-process.js';
import { Traffic } from './traffic.js';
import { caughtUp, expectLogIntact, expectMoneyConserved } from './invariants.js';

const KILLS = 10;
const MESSAGES = 200;

let dataDir: string;
let server: ServerProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-crash-'));
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test(
  'a server killed ten times under load keeps every acknowledged event once, and its read models add up',
  async () => {
    const port = await freePort();
    server = await ServerProcess.start({ dataDir, port });
    const traffic = new Traffic(server.url);
    traffic.start({ batches: 4, singles: 8, opportunities: 2, questions: 3, pauseMs: 20 });
    const bi = await BiSessions.start(dataDir, 2);
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Surely under load, then at any instant.
      const before = traffic.acknowledged.messages.size;
      await until(() => traffic.acknowledged.messages.size > before + MESSAGES, 60_000);
      await sleep(Math.random() * 1_000);
      if (kill % 2 === 0) await server.kill();
      else await server.killWithDatabase(dataDir);
      server = await ServerProcess.start({ dataDir, port });
    }
    await sleep(500);
    await bi.stop();
    await traffic.stop();
    await caughtUp(server.url, 120_000);

    const pool = await poolOf(dataDir);
    expect(traffic.acknowledged.messages.size).toBeGreaterThan(KILLS * MESSAGES);
    expect(traffic.acknowledged.won.size).toBeGreaterThan(10);
    expect(traffic.answered).toBeGreaterThan(KILLS);
    expect(bi.answered).toBeGreaterThan(KILLS);
    expect([...traffic.refusals.statuses.keys()].filter((status) => status !== 503)).toEqual([]);
    expect(traffic.refusals.withoutRetryAfter).toBe(0);
    await expectLogIntact(pool, traffic.acknowledged);
    await expectMoneyConserved(pool, traffic.acknowledged);
    await pool.end();
  },
  10 * 60_000,
);
