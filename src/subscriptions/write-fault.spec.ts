import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { type Entry, pageView } from '../../test/sample-events.js';
import { project } from '../../test/project.js';
import type { RecordedEvent } from '../domain/events.js';
import { defaultModel, publishModel } from '../commands/publish-model.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { journey } from '../projections/journey.js';
import { PoisonedEvent } from './subscription.js';
import { ReadFailed } from '../projections/journey/gate.js';
import { SubscriptionRunner } from './runner.js';
import { faultOf } from './batch-transaction.js';

let db: TestDatabase;
let store: MemoryEventStore;

beforeEach(async () => {
  db = await testDatabase();
  store = new MemoryEventStore();
});
afterEach(() => db.drop());

/** More than are written at a time, so that some are written while others are applied. */
const MANY = 700;
const visits = (name: string, at: number): Entry[] =>
  Array.from({ length: MANY }, (_, nth) => pageView(`${name} ${nth}`, at, [`user:${nth}`]));

/** An account id that does not compress and is larger than an index takes: nothing but the database looks at its size. */
const SICK = pageView('sick', 5, ['user:sick'], {
  accountId: Array.from({ length: 300 }, (_, nth) =>
    createHash('sha256').update(String(nth)).digest('base64'),
  ).join(''),
});

async function appended(entries: readonly Entry[]): Promise<readonly RecordedEvent[]> {
  const before = await store.head();
  await arrive(store, 'main', entries);
  return store.readAll(before, entries.length);
}

test('what fails is what the database refused to write, not the reads that failed after it', async () => {
  const first = await appended(visits('first', 10));
  await project(db.pool, journey, first, 5_000);
  // Late ones: each reads the journey that is there, behind the write of those before.
  const second = await appended([SICK, ...visits('late', 4)]);
  const failure: unknown = await project(db.pool, journey, second, 5_000).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: '54000' });
  expect(faultOf(failure)).toBe('data');
});

test('a value that a column does not take is a fault of the data, and names the column', async () => {
  const events = await appended([
    pageView('without a channel', 5, ['user:sick'], { channel: null as never }),
  ]);
  const failure: unknown = await project(db.pool, journey, events, 1).catch((error: unknown) => error);
  expect(failure).toMatchObject({ message: 'journey.channel (text) does not take null' });
  expect(faultOf(failure)).toBe('data');
});

test('a disk that is full while a model is published makes no dead letter of the model', async () => {
  await appended(visits('early', 10));
  await publishModel(store, 'main', await defaultModel());
  const full = `CREATE FUNCTION touchline.no_room() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER no_room BEFORE INSERT ON touchline_journey_1.journey_model FOR EACH ROW EXECUTE FUNCTION touchline.no_room()`;
  await db.pool.query(full);
  const runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: [journey] });
  await expect(runner.catchUp()).rejects.toMatchObject({ name: 'BatchFailed', fault: 'outage' });
  await db.pool.query('DROP TRIGGER no_room ON touchline_journey_1.journey_model');

  await runner.catchUp();

  expect((await db.pool.query('SELECT FROM touchline.dead_letter')).rowCount).toBe(0);
  expect((await db.pool.query('SELECT FROM touchline.journey_model')).rowCount).toBe(1);
  await runner.stop();
});

test.each([
  ['outage', Object.assign(new Error('no room'), { code: '53100' })],
  ['outage', new Error('Query read timeout')],
  ['schema', Object.assign(new Error('no such column'), { code: '42703' })],
  ['data', Object.assign(new Error('no number'), { code: '22P02' })],
  ['data', new TypeError('no such field')],
  ['data', 'no error at all'],
])('a fault is %s by what caused it, whoever tells of it', async (fault, cause) => {
  const [event] = await appended([pageView('a', 1, ['user:a'])]);
  if (!event) throw new Error('nothing was appended');
  expect(faultOf(new PoisonedEvent(event, [], { cause }))).toBe(fault);
  expect(faultOf(new ReadFailed('reading failed', { cause }))).toBe(fault);
  expect(faultOf(cause)).toBe(fault);
});
