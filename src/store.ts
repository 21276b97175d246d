import type { Pool } from 'pg';
import type { EventStore } from './event-store/event-store.js';
import type { Growth } from './event-store/growth.js';
import { PostgresEventStore } from './event-store/postgres.js';

/**
 * The log.
 *
 * @param pool the log's own, so that no report can take an append's connection
 * @param growth shared by the threads of the process
 */
export const createStore = (pool: Pool, growth: Growth): EventStore =>
  new PostgresEventStore(pool, {}, growth);
