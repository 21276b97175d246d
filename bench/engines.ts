import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type pg from 'pg';
import type { EventStore } from '../src/event-store/event-store.js';
import { EventStoreDbEventStore } from '../src/event-store/eventstoredb.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import { appendRate, onFreshDatabase } from './append.js';
import type { Report } from './figure.js';

const SHAPES = [
  { name: 'batches of 100 by 16 callers', callers: 16, size: 100 },
  { name: 'single events by 64 callers', callers: 64, size: 1 },
];

/**
 * Appends through both adapters of the log, and the end of the log read back. EventStoreDB is the protocol server of the
 * tests, in a process of its own: it keeps nothing on disk, so the figures are what the adapter costs, the index in
 * PostgreSQL included, and an upper bound for a real server on the same machine.
 */
export async function engines(report: Report, limit: number, url: string, seconds: number): Promise<void> {
  for (const { name, callers, size } of SHAPES) {
    const measure = (open: (pool: pg.Pool) => EventStore): Promise<number> =>
      onFreshDatabase(url, (database) => appendRate(database, callers, size, seconds, open));
    const inPostgres = await measure((pool) => new PostgresEventStore(pool));
    report({ name: `PostgreSQL, ${name}`, value: inPostgres, unit: 'events/s', ofLimit: inPostgres / limit });
    const server = await protocolServer();
    const inEsdb = await measure((pool) => new EventStoreDbEventStore(server.url, pool));
    server.stop();
    report({
      ...{ name: `EventStoreDB (protocol server), ${name}`, value: inEsdb },
      ...{ unit: 'events/s', ofLimit: inEsdb / limit },
    });
  }
}

async function protocolServer(): Promise<{ readonly url: string; stop(): void }> {
  const main = join(import.meta.dirname, '..', 'test', 'eventstoredb', 'main.ts');
  const child = fork(main, { silent: true });
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { url: line.toString().trim(), stop: () => child.disconnect() };
}
