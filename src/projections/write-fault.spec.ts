import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { type Entry, seen } from '../../test/deals.js';
import { project } from '../../test/project.js';
import type { RecordedEvent } from '../domain/events.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { journey } from './journey.js';
import { faultOf } from './transaction.js';

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
  Array.from({ length: MANY }, (_, nth) => seen(`${name} ${nth}`, at, [`user:${nth}`]));

/** What no column takes, and nothing before it looks at. */
const SICK = seen('sick', 5, ['user:sick'], { channel: null as never });

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
  expect(failure).toMatchObject({ code: '23502', column: 'channel' });
  expect(faultOf(failure)).toBe('data');
});
