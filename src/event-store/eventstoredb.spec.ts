import { afterAll } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventStoreContract } from '../../test/event-store.contract.js';
import { ProtocolServer } from '../../test/eventstoredb/server.js';
import { EventStoreDbEventStore } from './eventstoredb.js';

const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const db of databases) await db.drop();
});
async function database() {
  const db = await testDatabase();
  databases.push(db);
  return db;
}

eventStoreContract('the log in EventStoreDB (protocol server)', async () => {
  const server = await ProtocolServer.start();
  const store = new EventStoreDbEventStore(server.url, (await database()).pool);
  await store.open();
  return store;
});
