import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyDatabase } from '../../test/database.js';
import { facts, appendRequest, touch } from '../../test/events.js';
import { createLogPool } from '../database/database.js';
import { migrate, MIGRATIONS, readMigrations } from '../database/migrate.js';
import { isTransient } from './pg-faults.js';
import { PostgresEventStore } from './postgres.js';

/** A log of the time when every event had a version, in partitions: two decisions between the facts of two workspaces. */
const HISTORY = [
  { stream: 'touchpoints-anonymous:a-1', name: 'page-1', version: 1 },
  { stream: 'opportunity-o', name: 'opened', version: 1, type: 'OpportunityOpened' },
  { stream: 'touchpoints-anonymous:a-1', name: 'page-2', version: 2, collector: 'web' },
  { stream: 'touchpoints-anonymous:a-1', name: 'page-1', version: 1, workspace: 'other' },
  { stream: 'opportunity-o', name: 'won', version: 2, type: 'OpportunityWon', collector: 'crm' },
  { stream: 'identity-user:u-1', name: 'claim', version: 1, type: 'IdentityClaimed' },
  { stream: 'identity-user:u-1', name: 'merge', version: 2, type: 'IdentitiesMerged' },
];

let db: Awaited<ReturnType<typeof emptyDatabase>>;
let earlier: string;
let store: PostgresEventStore;
let close: () => Promise<void>;

beforeAll(async () => {
  db = await emptyDatabase();
  earlier = await mkdtemp(join(tmpdir(), 'touchline-migrations-'));
  for (const { number, name } of await readMigrations())
    if (number < 40) await copyFile(join(MIGRATIONS, `${name}.sql`), join(earlier, `${name}.sql`));
  await migrate(db.url, earlier);
  const pool = createLogPool(db.url);
  for (const [index, event] of HISTORY.entries()) {
    const { workspace = 'main', stream, type = 'TouchpointRecorded', name, version, collector } = event;
    const { id, occurredAt, data } = touch(name);
    await pool.query(
      `WITH known AS (INSERT INTO touchline.event_id (position, id, workspace) VALUES ($1, $2, $3))
       INSERT INTO touchline.event (position, id, workspace, stream_key, stream, version, type, schema_version, occurred_at,
                                    recorded_at, collector, data)
       VALUES ($1, $2, $3, touchline.stream_key($3, $4), $4, $5, $6, 1, $7, '2026-03-02T00:00:00.5Z', $8, $9)`,
      [index + 1, id, workspace, stream, version, type, occurredAt, collector, JSON.stringify(data)],
    );
  }
  await pool.query('UPDATE touchline.log SET head = $1, recorded_at = $2', [HISTORY.length, new Date()]);
  await migrate(db.url);
  store = new PostgresEventStore(pool);
  close = () => store.close().then(() => pool.end());
});
afterAll(async () => {
  await close();
  await db.drop();
  await rm(earlier, { recursive: true, force: true });
});

test('an upgraded log holds every event where it was, decisions with their versions', async () => {
  expect(await store.readAll(0n, 100)).toEqual(
    HISTORY.map(({ workspace = 'main', stream, name, type, version, collector }, index) => ({
      ...touch(name),
      ...{ workspace, stream, position: BigInt(index + 1), recordedAt: new Date('2026-03-02T00:00:00.5Z') },
      ...(type !== undefined && { type }),
      ...(type !== undefined && type !== 'IdentityClaimed' && { version }),
      ...(collector !== undefined && { collector }),
    })),
  );
});

test('a fact of before the upgrade that is sent again gets its first receipt', async () => {
  const stream = 'touchpoints-anonymous:a-1';
  const head = await store.head();
  const again = await store.record([
    ...facts(stream, ['page-1', 'page-2']),
    ...facts(stream, ['page-1'], 'other'),
    ...facts('identity-user:u-1', ['claim']),
  ]);
  expect(again.map(({ position, duplicate }) => [position, duplicate])).toEqual([
    ...([[1n], [3n], [4n], [6n]] as const).map(([position]) => [position, true]),
  ]);
  expect(await store.head()).toBe(head);
});

test('decisions go on at the version of before the upgrade, and those sent again get their receipts', async () => {
  const results = await store.append([
    appendRequest('opportunity-o', ['opened'], 'noStream'),
    appendRequest('opportunity-o', ['changed'], { exact: 1 }),
    appendRequest('opportunity-o', ['changed'], { exact: 2 }),
    appendRequest('identity-user:u-1', ['split'], { exact: 2 }),
  ]);
  expect(results).toMatchObject([
    { status: 'appended', receipts: [{ position: 2n, version: 1, duplicate: true }] },
    { status: 'conflict', actual: 2 },
    { status: 'appended', receipts: [{ position: 8n, version: 3, duplicate: false }] },
    { status: 'appended', receipts: [{ position: 9n, version: 3, duplicate: false }] },
  ]);
});

test('events of an upgraded log cannot be changed', async () => {
  const other = createLogPool(db.url);
  await expect(other.query('DELETE FROM touchline.event')).rejects.toMatchObject({ code: '23001' });
  await other.end();
});

test('a process of the previous version is answered to retry, not that its events cannot be stored', async () => {
  const other = createLogPool(db.url);
  const append =
    other.query(`SELECT head FROM touchline.append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    '{}', '{}', '{}', '{}', '{}', '{}', '{}')`);
  const error: unknown = await append.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: '57P03' });
  expect(isTransient(error)).toBe(true);
  await other.end();
});
