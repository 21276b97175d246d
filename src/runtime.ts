import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { Config } from './config.js';
import type { EventStore } from './event-store/event-store.js';
import type { Growth } from './event-store/growth.js';
import type { Kafka } from './kafka/kafka.js';
import type { Metrics } from './metrics.js';

/** What a process opened before the application is composed, and closes after it has ended. */
export interface Runtime {
  readonly config: Config;
  readonly pool: Pool;
  readonly configuration: DataSource;
  readonly store: EventStore;
  readonly metrics: Metrics;
  /** Where KAFKA_BROKERS is set. */
  readonly kafka?: Kafka;
}

export interface OpenRuntime extends Runtime {
  /** Where the database is; holds a password. */
  readonly databaseUrl: string;
  /** How far the log is known to reach, for the other threads. */
  readonly growth: Growth;
}
