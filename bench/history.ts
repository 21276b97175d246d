import { setTimeout as sleep } from 'node:timers/promises';
import { API_KEY, freePort, poolOf, ServerProcess } from '../test/e2e/server-process.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import type { Append } from '../src/event-store/event-store.js';
import type { Report } from './figure.js';
import { historyEvents, type Size } from './history-events.js';
import { Connection } from './http-client.js';
import { inFolder } from './server.js';

const SIZE: Size = { deals: 10_000, touchesADeal: 30 };
const DAY_MS = 86_400_000;
const CHUNK = 1_000;
const REPORTS = 30;

/** Half a year of history: how fast the read models catch up on it, in what memory, and how fast a report over it is. */
export async function history(report: Report, rawLimit: number, size = SIZE): Promise<void> {
  await inFolder(async (dataDir) => {
    const port = await freePort();
    // Without the role `project`: the log is filled first.
    const filling = await ServerProcess.start({ dataDir, port, env: { ROLES: 'collect,query' } });
    await fill(dataDir, size).finally(() => filling.stop());

    const server = await ServerProcess.start({ dataDir, port });
    try {
      await catchUp(report, server, port, size, rawLimit);
      await reports(report, port, size);
    } finally {
      await server.stop();
    }
  });
}

async function fill(dataDir: string, size: Size): Promise<void> {
  const pool = await poolOf(dataDir);
  const store = new PostgresEventStore(pool);
  let chunk: Append[] = [];
  for (const append of historyEvents(size, new Date(Date.now() - 200 * DAY_MS))) {
    chunk.push(append);
    if (chunk.length < CHUNK) continue;
    await store.append(chunk);
    chunk = [];
  }
  await store.append(chunk);
  await pool.query('VACUUM ANALYZE touchline.event');
  await store.close();
  await pool.end();
}

interface Standing {
  readonly head: string;
  readonly projections: readonly { name: string; position: string; parked: number; status: string }[];
}

async function catchUp(
  report: Report,
  server: ServerProcess,
  port: number,
  size: Size,
  rawLimit: number,
): Promise<void> {
  const touches = size.deals * size.touchesADeal;
  const began = performance.now();
  const doneAt = new Map<string, number>();
  let peak = 0;
  for (let standing = await ask(port); ; standing = await ask(port)) {
    for (const { name, position } of standing.projections)
      if (position === standing.head && !doneAt.has(name)) doneAt.set(name, performance.now() - began);
    peak = Math.max(peak, await server.memory());
    if (doneAt.size > 0 && doneAt.size === standing.projections.length) break;
    await sleep(250);
  }
  for (const [name, ms] of doneAt)
    report({ name: `  ${name} alone`, value: (touches / ms) * 1_000, unit: 'touches/s' });
  const rate = (touches / Math.max(...doneAt.values())) * 1_000;
  report({
    name: 'projecting all read models while catching up',
    value: rate,
    unit: 'touches/s',
    ofLimit: rate / rawLimit,
    atLeast: 0.25,
  });
  report({ name: '  resident memory meanwhile, peak', value: peak / 2 ** 20, unit: 'MB', atMost: 400 });
}

async function ask(port: number): Promise<Standing> {
  return JSON.parse(await get(port, '/api/projections')) as Standing;
}

async function reports(report: Report, port: number, { deals, touchesADeal }: Size): Promise<void> {
  const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
  const what = `${deals.toLocaleString('en-US')} deals and ${(deals * touchesADeal).toLocaleString('en-US')} touches`;
  for (const by of ['content', 'channel']) {
    const path = `/api/attribution?model=linear&by=${by}&metric=revenue&from=${day(220)}&to=${day(-1)}`;
    const times: number[] = [];
    for (let nr = 0; nr < REPORTS; nr += 1) {
      const began = performance.now();
      await get(port, path);
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)] ?? 0;
    report({ name: `attribution by ${by} over ${what}, median`, value: median, unit: 'ms', atMost: 300 });
    report({ name: '  slowest of 30', value: times.at(-1) ?? 0, unit: 'ms' });
  }
}

async function get(port: number, path: string): Promise<string> {
  const connection = new Connection('127.0.0.1', port);
  const { status, body } = await connection.send('GET', path, `authorization: Bearer ${API_KEY}\r\n`);
  connection.close();
  if (status !== 200) throw new Error(`${path} was answered ${status}: ${body}`);
  return body;
}
