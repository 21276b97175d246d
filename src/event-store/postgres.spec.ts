import { afterAll } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventStoreContract } from '../../test/event-store.contract.js';
import { PostgresEventStore } from './postgres.js';

const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const db of databases) await db.drop();
});

eventStoreContract('the log in PostgreSQL', async () => {
  const db = await testDatabase();
  databases.push(db);
  return new PostgresEventStore(db.pool);
});
