import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

test('migrated', async () => {
  const { rows } = await db.pool.query('SELECT name FROM touchline.migration ORDER BY number');
  expect(rows[0]).toEqual({ name: '0001-event-log' });
});
