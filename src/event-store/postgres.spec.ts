import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventStoreContract } from '../../test/event-store.contract.js';
import { touch, to } from '../../test/events.js';
import type { NewEvent, RecordedEvent } from '../domain/events.js';
import type { EventStore } from './event-store.js';
import { PostgresEventStore } from './postgres.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const FOR_EVER_MS = 3_600_000;

const databases: TestDatabase[] = [];
const stores: EventStore[] = [];
afterAll(async () => {
  for (const store of stores) await store.close();
  for (const db of databases) await db.drop();
});

async function database(): Promise<TestDatabase> {
  const db = await testDatabase();
  databases.push(db);
  return db;
}

function open(
  db: TestDatabase,
  ...options: ConstructorParameters<typeof PostgresEventStore> extends [unknown, ...infer O] ? O : never
) {
  const store = new PostgresEventStore(db.pool, ...options);
  stores.push(store);
  return store;
}

eventStoreContract('the log in PostgreSQL', async () => open(await database()));

describe('events are facts', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await database();
    await open(db).append([to('s', ['a'])]);
  });

  test.each(
    ['event', 'event_00000', 'event_id'].flatMap((table) => [
      `UPDATE touchline.${table} SET workspace = 'x'`,
      `DELETE FROM touchline.${table}`,
      `DELETE FROM touchline.${table} WHERE false`,
      `TRUNCATE touchline.${table}`,
    ]),
  )('%s is refused', async (sql) => {
    await expect(db.pool.query(sql)).rejects.toMatchObject({ code: '23001' });
  });
});

test('writers in several processes make one dense log, each stream in order, each event once', async () => {
  const db = await database();
  const node = [
    '--experimental-transform-types',
    '--no-warnings',
    '--import',
    join(ROOT, 'test', 'typescript-hooks.mjs'),
  ];
  const writers = ['w1', 'w2', 'w3'].map((name) =>
    run(process.execPath, [...node, join(ROOT, 'test', 'append-writer.ts'), db.url, name, '60'], {
      maxBuffer: 1e8,
    }),
  );
  interface Got {
    stream: string;
    name: string;
    position: string;
    version: number;
    duplicate: boolean;
  }
  const got = (await Promise.all(writers)).map(({ stdout }) => JSON.parse(stdout) as Got[]);
  const log = await open(db).readAll(0n, 10_000);

  expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => BigInt(index + 1)));
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  expect(log).toHaveLength(3 * 4 * 54 * 2 + 4 * 6 * 2);
  for (const events of Map.groupBy(log, ({ stream }) => stream).values())
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
  const at = new Map(log.map((event) => [String(event.position), event]));
  for (const receipt of got.flat())
    expect(at.get(receipt.position)).toMatchObject({ stream: receipt.stream, version: receipt.version });
  expect(got.flat().filter(({ duplicate }) => !duplicate)).toHaveLength(log.length);
  for (const receipts of got) {
    const own = receipts.filter(({ name, stream }) => name.startsWith('w') && stream === 'shared-0');
    const lanes = Map.groupBy(own, ({ name }) => name.split('-')[1]);
    for (const lane of lanes.values())
      expect(lane.map(({ version }) => version)).toEqual(
        lane.map(({ version }) => version).sort((a, b) => a - b),
      );
  }
});

test('a reader is woken by appends of another process', async () => {
  const db = await database();
  const [reader, writer] = [open(db), open(db)];
  const waiting = reader.waitForGrowth(0n, FOR_EVER_MS);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await writer.append([to('s', ['a'])]);
  await expect(waiting).resolves.toBeUndefined();
});

test('what the database cannot take fails alone', async () => {
  const db = await database();
  const store = open(db);
  const broken = touch('broken', { type: 'with\0nul' } as never) as NewEvent;
  const results = await Promise.allSettled([
    store.append([to('s', ['a'])]),
    store.append([{ workspace: 'main', stream: 's', expected: 'any', events: [broken] }]),
    store.append([to('s', ['b'])]),
    store.append([
      { workspace: 'main', stream: 's', expected: 'any', events: [touch('c', { id: 'no uuid' })] },
    ]),
    store.append([
      {
        workspace: 'main',
        stream: 's',
        expected: 'any',
        events: [touch('d', { occurredAt: new Date(NaN) })],
      },
    ]),
  ]);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'rejected',
  ]);
  expect((await store.readStream('main', 's')).map(({ version }) => version)).toEqual([1, 2]);
});

test('more than may wait is refused at once, and what was taken is appended', async () => {
  const db = await database();
  const store = open(db, { maxWaitingEvents: 10 });
  const names = Array.from({ length: 30 }, (_, index) => `e-${index}`);
  const results = await Promise.allSettled(names.map((name) => store.append([to('s', [name])])));
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(20);
  expect(refused[0]).toMatchObject({ reason: { name: 'StoreUnavailable', retryAfterSeconds: 1 } });
  expect(await store.readStream('main', 's')).toHaveLength(10);
  expect((await store.append([to('s', names)]))[0]?.status).toBe('appended');
});

test('a log that outgrows its partitions gets further ones', async () => {
  const db = await database();
  const partitions = async () => {
    const { rows } = await db.pool.query<{ n: string }>(
      `SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'touchline.event'::regclass`,
    );
    return Number(rows[0]?.n);
  };
  const appendAround = async (head: bigint): Promise<readonly RecordedEvent[]> => {
    await db.pool.query('UPDATE touchline.log SET head = $1', [head]);
    const store = open(db);
    await store.append([
      to(
        `s-${head}`,
        Array.from({ length: 6 }, (_, index) => `${head}-${index}`),
      ),
    ]);
    return store.readAll(head, 10);
  };
  expect(await partitions()).toBe(3);
  expect((await appendAround(9_999_997n)).map(({ position }) => position)).toContain(10_000_002n);
  expect((await appendAround(99_999_997n)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await partitions()).toBeGreaterThan(3);
});

test('recordedAt never goes back, whatever the clock of the database does', async () => {
  const db = await database();
  const store = open(db);
  await db.pool.query(`UPDATE touchline.log SET recorded_at = now() + interval '1 hour'`);
  await store.append([to('s', ['a'])]);
  const [event] = await store.readStream('main', 's');
  expect(+(event?.recordedAt ?? 0)).toBeGreaterThan(Date.now() + 3_000_000);
});

test('a partition in the making holds up neither readers nor appends', async () => {
  const db = await database();
  const store = open(db);
  const other = await db.pool.connect();
  await other.query('BEGIN');
  await other.query('SELECT touchline.add_event_partitions(200000000)');
  expect((await store.append([to('s', ['a'])]))[0]?.status).toBe('appended');
  expect(await store.readAll(0n, 10)).toHaveLength(1);
  await other.query('COMMIT');
  other.release();
});
