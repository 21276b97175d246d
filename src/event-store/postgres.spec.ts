import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventStoreContract } from '../../test/event-store/contract.js';
import { facts, touch } from '../../test/events.js';
import type { NewEvent } from '../domain/events.js';
import { type EventStore, TokenUsed } from './event-store.js';
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
    await open(db).record(facts('s', ['a']));
  });

  test.each([
    `UPDATE touchline.event SET workspace = 'x'`,
    'DELETE FROM touchline.event',
    'DELETE FROM touchline.event WHERE false',
    'TRUNCATE touchline.event',
  ])('%s is refused', async (sql) => {
    await expect(db.pool.query(sql)).rejects.toMatchObject({ code: '23001' });
  });
});

test('writers in several processes make one dense log, each stream in order, each event once', async () => {
  const db = await database();
  const node = ['--import', join(ROOT, 'test', 'typescript-hooks.mjs')];
  const writers = ['w1', 'w2', 'w3'].map((name) =>
    run(process.execPath, [...node, join(ROOT, 'test', 'append-writer.ts'), db.url, name, '60'], {
      maxBuffer: 1e8,
    }),
  );
  interface Got {
    stream: string;
    name: string;
    position: string;
    duplicate: boolean;
  }
  const got = (await Promise.all(writers)).map(({ stdout }) => JSON.parse(stdout) as Got[]);
  const log = await open(db).readAll(0n, 10_000);

  expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => BigInt(index + 1)));
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  expect(log).toHaveLength(3 * 4 * 54 * 2 + 4 * 6 * 2);
  const at = new Map(log.map((event) => [String(event.position), event]));
  for (const receipt of got.flat())
    expect(at.get(receipt.position)).toMatchObject({ stream: receipt.stream });
  expect(got.flat().filter(({ duplicate }) => !duplicate)).toHaveLength(log.length);
  for (const receipts of got) {
    const own = receipts.filter(({ name, stream }) => name.startsWith('w') && stream === 'shared-0');
    const lanes = Map.groupBy(own, ({ name }) => name.split('-')[1]);
    for (const lane of lanes.values())
      expect(lane.map(({ position }) => Number(position))).toEqual(
        lane.map(({ position }) => Number(position)).sort((a, b) => a - b),
      );
  }
});

test('of processes that claim one token at the same time, one has it, also after a restart', async () => {
  const db = await database();
  const processes = Array.from({ length: 3 }, () => open(db));
  const send = (store: EventStore, body: string) =>
    store.record(facts('s', [body]), undefined, {
      ...{ collector: 'c-1', token: 't-1', bodyHash: hash('sha256', body, 'hex') },
      expiresAt: new Date(Date.now() + FOR_EVER_MS),
    });
  const results = await Promise.allSettled(processes.map((store, nth) => send(store, `body-${nth}`)));
  const first = results.findIndex(({ status }) => status === 'fulfilled');
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const restarted = open(db);
  await expect(send(restarted, 'another')).rejects.toThrow(TokenUsed);
  expect(await send(restarted, `body-${first}`)).toMatchObject([{ duplicate: true }]);
  expect(await restarted.head()).toBe(1n);
});

test('a reader is woken by appends of another process', async () => {
  const db = await database();
  const [reader, writer] = [open(db), open(db)];
  const waiting = reader.waitForGrowth(0n, FOR_EVER_MS);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await writer.record(facts('s', ['a']));
  await expect(waiting).resolves.toBeUndefined();
});

test('what the database cannot take fails alone', async () => {
  const db = await database();
  const store = open(db);
  const broken = touch('broken', { type: 'with\0nul' } as never) as NewEvent;
  const marked = (name: string) => touch(name, { collector: `collector ${name}`, causationId: 'ü' });
  const results = await Promise.allSettled([
    store.record(facts('s', ['a', 'ä'])),
    store.record([{ workspace: 'main', stream: 's', event: broken }]),
    store.record(facts('s', ['b'])),
    store.record([{ workspace: 'main', stream: 's', event: touch('c', { id: 'no uuid' }) }]),
    store.record([{ workspace: 'main', stream: 's', event: touch('d', { occurredAt: new Date(NaN) }) }]),
    store.record(
      ['e', 'f', 'g'].map((name) => ({ workspace: 'main', stream: `s-${name}`, event: marked(name) })),
    ),
  ]);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
  ]);
  const log = await store.readAll(0n, 10);
  const byId = new Map(log.map((event) => [event.id, event]));
  expect(byId.size).toBe(6);
  for (const name of ['a', 'ä', 'b']) expect(byId.get(touch(name).id)).toMatchObject(touch(name));
  for (const name of ['e', 'f', 'g'])
    expect(byId.get(touch(name).id)).toMatchObject({ ...marked(name), stream: `s-${name}` });
});

test('more than may wait is refused at once, and what was taken is appended', async () => {
  const db = await database();
  const store = open(db, { maxWaitingEvents: 10 });
  const names = Array.from({ length: 30 }, (_, index) => `e-${index}`);
  const results = await Promise.allSettled(names.map((name) => store.record(facts('s', [name]))));
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(20);
  expect(refused[0]).toMatchObject({ reason: { name: 'StoreUnavailable', retryAfterSeconds: 1 } });
  expect(await store.readAll(0n, 100)).toHaveLength(10);
  expect(await store.record(facts('s', names))).toHaveLength(30);
});

test('recordedAt never goes back, whatever the clock of the database does', async () => {
  const db = await database();
  const store = open(db);
  await db.pool.query(`UPDATE touchline.log SET recorded_at = now() + interval '1 hour'`);
  await store.record(facts('s', ['a']));
  const [event] = await store.readAll(0n, 1);
  expect(+(event?.recordedAt ?? 0)).toBeGreaterThan(Date.now() + 3_000_000);
});
