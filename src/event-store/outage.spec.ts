import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { facts, appendRequest } from '../../test/events.js';
import { eventsAfter } from '../../test/events-after.js';
import { createPool } from '../database/database.js';
import { startEmbedded, type Embedded } from '../database/embedded.js';
import { migrate } from '../database/migrate.js';
import type { RecordedEvent } from '../domain/events.js';
import { StoreUnavailable, type EventReceipt } from './event-store.js';
import { PostgresEventStore } from './postgres.js';

let dataDir: string;
let server: Embedded;
let pool: Pool;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-outage-'));
  await chmod(dataDir, 0o755);
  server = await startEmbedded({ dataDir, initdbFlags: ['--no-sync'] });
  await migrate(server.url);
  pool = createPool(server.url, { max: 6 });
});
afterAll(async () => {
  await pool.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function openStore(options = {}): PostgresEventStore {
  const store = new PostgresEventStore(pool, options);
  open.push(() => store.close());
  return store;
}

interface Load {
  readonly acknowledged: Map<string, Partial<EventReceipt>>;
  readonly refused: string[];
  stop(): Promise<void>;
}

/** Eight callers without pause: half record facts, half append decisions at exact versions. */
function load(store: PostgresEventStore, label: string): Load {
  const acknowledged = new Map<string, Partial<EventReceipt>>();
  const refused: string[] = [];
  let on = true;
  const decided = async (stream: string, names: readonly string[], exact: number) => {
    const [result] = await store.append([appendRequest(stream, names, { exact })]);
    if (result?.status !== 'appended') throw new Error(`conflict: ${JSON.stringify(result)}`);
    return result.receipts;
  };
  const caller = async (lane: number) => {
    let version = 0;
    for (let round = 0; on; round++) {
      const names = [`${label}-${lane}-${round}-a`, `${label}-${lane}-${round}-b`];
      try {
        const stream = `${label}-${lane}`;
        const receipts: readonly Partial<EventReceipt>[] =
          lane % 2 === 0 ? await store.record(facts(stream, names)) : await decided(stream, names, version);
        for (const receipt of receipts) acknowledged.set(receipt.eventId ?? '', receipt);
        version = receipts.at(-1)?.version ?? version;
      } catch (error) {
        refused.push((error as Error).name);
        return;
      }
    }
  };
  const running = Promise.all(Array.from({ length: 8 }, (_, lane) => caller(lane)));
  open.push(stop);
  return { acknowledged, refused, stop };

  async function stop() {
    on = false;
    await running;
  }
}

function expectComplete(log: readonly RecordedEvent[], acknowledged: Load['acknowledged']): void {
  expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => BigInt(index + 1)));
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  const at = new Map(log.map((event) => [event.id, event]));
  for (const [id, { position, version }] of acknowledged)
    expect(at.get(id)).toMatchObject({ position, ...(version !== undefined && { version }) });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('PostgreSQL killed again and again under appends: nothing acknowledged is lost, nobody is refused', async () => {
  const store = openStore();
  const appends = load(store, 'killed');
  for (let kill = 0; kill < 3; kill++) {
    await pause(400);
    const pid = server.pid();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    for (let tries = 0; tries < 400 && (server.pid() === pid || server.pid() === undefined); tries++)
      await pause(25);
  }
  const before = appends.acknowledged.size;
  await pause(1_500);
  await appends.stop();
  expect(appends.refused).toEqual([]);
  expect(appends.acknowledged.size).toBeGreaterThan(before);
  expectComplete(await eventsAfter(store), appends.acknowledged);
});

test('PostgreSQL stopped for longer than anybody waits: appends are refused with Retry-After, then taken again', async () => {
  const store = openStore({ patienceMs: 500 });
  const subscribed: bigint[] = [];
  const subscription = store.subscribe(
    0n,
    (batch) => Promise.resolve(void subscribed.push(...batch.map(({ position }) => position))),
    (error) => {
      throw error;
    },
  );
  open.push(() => subscription.stop());
  const appends = load(store, 'stopped');
  await pause(300);
  await server.stop();
  await pause(1_500);
  await appends.stop();
  expect(appends.refused).toEqual(Array.from({ length: 8 }, () => 'StoreUnavailable'));
  await expect(store.readAll(0n, 1)).rejects.toBeInstanceOf(StoreUnavailable);

  server = await startEmbedded({ dataDir });
  const again = load(store, 'again');
  await pause(800);
  await again.stop();
  expect(again.refused).toEqual([]);
  const log = await eventsAfter(store);
  expectComplete(log, new Map([...appends.acknowledged, ...again.acknowledged]));
  for (let tries = 0; tries < 200 && subscribed.length < log.length; tries++) await pause(25);
  expect(subscribed).toEqual(log.map(({ position }) => position));
});
