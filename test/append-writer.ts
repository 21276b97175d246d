import { createLogPool } from '../src/database/database.js';
import { EventStoreDbEventStore } from '../src/event-store/eventstoredb.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import { facts } from './events.js';

/**
 * A process that records facts in streams it shares with others, for tests of several writers. Every event name holds the
 * writer's own counter, save each tenth, which all writers send. Prints the receipts it got. With the URL of an
 * EventStoreDB the log is there.
 */
const [url = '', writer = '', rounds = '0', eventStoreDb] = process.argv.slice(2);
const pool = createLogPool(url, { max: 3 });
const store =
  eventStoreDb === undefined ? new PostgresEventStore(pool) : new EventStoreDbEventStore(eventStoreDb, pool);
const receipts: { stream: string; name: string; position: string; duplicate: boolean }[] = [];

async function send(round: number, lane: number): Promise<void> {
  const stream = `shared-${(round + lane) % 3}`;
  const name = round % 10 === 0 ? `common-${lane}-${round}` : `${writer}-${lane}-${round}`;
  for (const { position, duplicate } of await store.record(facts(stream, [name, `${name}-b`])))
    receipts.push({ stream, name, position: String(position), duplicate });
}

await Promise.all(
  [0, 1, 2, 3].map(async (lane) => {
    for (let round = 0; round < Number(rounds); round++) await send(round, lane);
  }),
);
await store.close();
await pool.end();
process.stdout.write(JSON.stringify(receipts));
