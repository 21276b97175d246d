import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { GuardedClient } from './client.js';
import { LOG_QUERY_TIMEOUT_MS } from './database.js';
import { migrate } from './migrate.js';

/**
 * Brings the schema up to date, then opens TypeORM on it for reads of small configuration tables. The schema is what
 * the SQL migrations say: TypeORM neither makes nor changes tables.
 *
 * @throws MigrationError
 */
export async function openDataSource(
  url: string,
  entities: readonly EntityTarget<ObjectLiteral>[],
): Promise<DataSource> {
  await migrate(url);
  return new DataSource({
    type: 'postgres',
    url,
    entities: entities as never[],
    poolSize: 2,
    synchronize: false,
    migrationsRun: false,
    applicationName: 'touchline configuration',
    extra: {
      Client: GuardedClient,
      query_timeout: LOG_QUERY_TIMEOUT_MS,
      connectionTimeoutMillis: LOG_QUERY_TIMEOUT_MS,
    },
  }).initialize();
}
