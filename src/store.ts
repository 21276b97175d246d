import type { Pool } from 'pg';
import type { EventStoreConfig } from './config.js';
import type { EventStore } from './event-store/event-store.js';
import { EventStoreDbUnusable, LogDiffers } from './event-store/eventstoredb-faults.js';
import type { Growth } from './event-store/growth.js';
import { PostgresEventStore } from './event-store/postgres.js';

/**
 * The log, opened: it is there and can be used.
 *
 * @param pool the log's own, so that no report can take an append's connection
 * @param growth shared by the threads of the process
 * @throws EventStoreDbUnusable
 */
export async function openStore(config: EventStoreConfig, pool: Pool, growth: Growth): Promise<EventStore> {
  if (config.kind === 'postgres') return new PostgresEventStore(pool, {}, growth);
  const store = await eventStoreDb(config.url, pool, growth);
  try {
    await store.open();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/** The log of a further thread, which does without it while it is away. */
export async function openStoreInThread(
  config: EventStoreConfig,
  pool: Pool,
  growth: Growth,
): Promise<EventStore> {
  return config.kind === 'postgres'
    ? new PostgresEventStore(pool, {}, growth)
    : eventStoreDb(config.url, pool, growth);
}

/** Loaded only when it is used: the client costs 32 MB a thread. */
async function eventStoreDb(url: string, pool: Pool, growth: Growth) {
  const { EventStoreDbEventStore } = await import('./event-store/eventstoredb.js');
  return new EventStoreDbEventStore(url, pool, {}, growth);
}

/** Faults that a person at the terminal can fix: one line instead of a stack. */
export const isLogFault = (error: unknown): error is Error =>
  error instanceof EventStoreDbUnusable || error instanceof LogDiffers;
