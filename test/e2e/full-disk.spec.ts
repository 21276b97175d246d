import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.js';
import { runBuilt } from './command.js';
import { API_KEY, freePort, poolOf, ServerProcess, WRITE_KEY } from './server-process.js';
import { SmallDisk } from './small-disk.js';
import { Traffic } from './traffic.js';
import { caughtUp, expectLogIntact, expectMoneyConserved } from './invariants.js';

const disk = SmallDisk.mount(300);
const dataDir = join(disk?.folder ?? '', 'data');
let server: ServerProcess;
let traffic: Traffic;

const reason = disk ? '' : ' (needs to mount a file system, which only root may)';
(disk ? describe : describe.skip)(`a full disk${reason}`, () => {
  beforeAll(async () => {
    server = await ServerProcess.start({ dataDir, port: await freePort(), fromScratch: true });
    traffic = new Traffic(server.url);
  }, 120_000);
  afterAll(async () => {
    await disk?.makeRoom();
    await traffic.abandon();
    await server.stop();
    disk?.unmount();
  });

  test('under load is answered 503 with Retry-After, and it goes on by itself when there is room', async () => {
    traffic.start({ batches: 4, singles: 8, opportunities: 2 });
    expect(await acknowledges(500)).toBe(true);
    await disk?.fill();
    expect(await until(() => traffic.refusals.statuses.has(503), 60_000)).toBe(true);
    // It may find room in files that are there already, not for long.
    let kept = await rejects();
    await until(async () => (kept = await rejects()).status !== 200, 20_000);
    expect(kept).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    expect([200, 503]).toContain(await reads());

    await disk?.makeRoom();
    expect(await acknowledges(1_000)).toBe(true);
  }, 180_000);

  test('without room for the write-ahead log stops PostgreSQL, and it goes on by itself, too', async () => {
    await disk?.fill();
    await exhaustLog();
    expect(await until(async () => (await ready()) === 503, 30_000)).toBe(true);
    const before = traffic.acknowledged.messages.size;
    expect(await busyShare(5_000)).toBeLessThan(0.5);
    expect(traffic.acknowledged.messages.size).toBe(before);
    expect(server.output).toMatch(/PostgreSQL cannot be restarted: the disk is full/);

    await disk?.makeRoom();
    expect(await acknowledges(1_000)).toBe(true);
    await traffic.stop();
    expect([...traffic.refusals.statuses.keys()]).toEqual([503]);
    expect(traffic.refusals.withoutRetryAfter).toBe(0);
    expect(server.running).toBe(true);
    await expectWhole();
  }, 300_000);

  test('lets it stop, keeps it from starting with one line, and does neither harm', async () => {
    await disk?.fill();
    expect(await server.stop()).toBe(0);
    await disk?.fill();
    const env = { TOUCHLINE_DATA_DIR: dataDir, PORT: '0' };
    const { code, error } = await runBuilt('main.js', [], env);
    expect(code).toBe(1);
    expect(error).toMatch(/^touchline: .*the disk is full.*\n$/);
    expect((await readdir(dataDir)).filter((name) => name.startsWith('touchline.lock'))).toEqual([]);

    await disk?.makeRoom();
    server = await ServerProcess.start({ dataDir, port: await freePort(), fromScratch: true });
    await expectWhole();
  }, 180_000);

  const acknowledges = (more: number): Promise<boolean> => {
    const before = traffic.acknowledged.messages.size;
    return until(() => traffic.acknowledged.messages.size >= before + more, 60_000);
  };

  async function expectWhole(): Promise<void> {
    await caughtUp(server.url, 120_000);
    const pool = await poolOf(dataDir);
    await expectLogIntact(pool, traffic.acknowledged);
    await expectMoneyConserved(pool, traffic.acknowledged);
    await pool.end();
  }
});

/** The answer to an event that is to be kept as rejected, too large for the room its table has left. */
async function rejects(): Promise<{ status: number; retryAfter: string | null }> {
  const noise = Array.from({ length: 3_000 }, () => Math.random().toString(36).slice(2, 12)).join('');
  const answer = await fetch(`${server.url}/touchpoints`, {
    method: 'POST',
    headers: { 'x-write-key': WRITE_KEY, 'content-type': 'application/json' },
    body: JSON.stringify({
      messageId: 'm',
      kind: 'nonsense',
      email: 'ada@acme.example',
      properties: { noise },
    }),
  });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
}

async function reads(): Promise<number> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  return (await fetch(`${server.url}/api/attribution?model=linear&by=content`, { headers })).status;
}

const ready = async (): Promise<number> => (await fetch(`${server.url}/health/ready`)).status;

/** Writes to the write-ahead log, which stays within its files until it needs another one. */
async function exhaustLog(): Promise<void> {
  const pool = await poolOf(dataDir);
  const write = () => pool.query(`SELECT pg_logical_emit_message(true, 'test', repeat('x', 5000000))`);
  const refused = () =>
    write().then(
      () => false,
      () => true,
    );
  expect(await until(refused, 30_000)).toBe(true);
  await pool.end();
}

/** The share of one core that the server uses during `work`. */
async function busyShare(ms: number): Promise<number> {
  const before = await server.cpuSeconds();
  await sleep(ms);
  return ((await server.cpuSeconds()) - before) / (ms / 1_000);
}
