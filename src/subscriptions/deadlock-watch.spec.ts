import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { withClient, withTransaction } from '../database/client.js';
import { yieldingToReaders } from './deadlock-watch.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query('CREATE TABLE first (); CREATE TABLE second ()');
});
afterAll(() => db.drop());

/** PostgreSQL looks for a deadlock once, when a session has waited for so long. */
const DEADLOCK_TIMEOUT_MS = 1_000;

test('a reader that is waited for and comes to wait in turn is given way to, and is not ended as a deadlock', async () => {
  await withClient(db.pool, async (reader) => {
    await reader.query('BEGIN; SELECT FROM second');
    const waiting = withTransaction(db.pool, async (tx) => {
      await tx.query('LOCK TABLE first');
      await yieldingToReaders(db.pool, tx, () => tx.query('LOCK TABLE second'));
    });
    const outcome = expect(waiting).rejects.toMatchObject({ code: '57014' });
    await sleep(DEADLOCK_TIMEOUT_MS * 1.3);
    expect((await reader.query('SELECT FROM first')).rowCount).toBe(0);
    await reader.query('COMMIT');
    await outcome;
  });
});

test('what gets its locks is not disturbed', async () => {
  await withClient(db.pool, async (reader) => {
    await reader.query('BEGIN; SELECT FROM second');
    const done = withTransaction(db.pool, (tx) =>
      yieldingToReaders(db.pool, tx, () => tx.query('LOCK TABLE second')),
    );
    await sleep(500);
    await reader.query('COMMIT');
    await done;
  });
});
