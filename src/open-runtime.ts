import type { Logger } from 'pino';
import type { Config } from './config.js';
import { openDataSource } from './database/data-source.js';
import { createLogPool, createPool } from './database/database.js';
import { openDatabase } from './database/open.js';
import { Growth } from './event-store/growth.js';
import { measureAppends, Metrics } from './metrics.js';
import type { OpenRuntime } from './runtime.js';
import type { ShutdownStack } from './shutdown-stack.js';
import { openStore } from './store.js';
import { CONFIGURATION_ENTITIES } from './workspaces/entities.js';

/** Database, pool, configuration and log, each closed in the reverse order of opening. */
export async function openRuntime(
  config: Config,
  log: Logger,
  closing: ShutdownStack,
  whenInUse: 'wait' | 'join',
): Promise<OpenRuntime> {
  const database = await openDatabase({ ...config, log: (line) => log.warn(line), whenInUse });
  closing.add(() => database.stop());
  const pool = createPool(database.url, { max: 20 });
  closing.add(() => pool.end());
  const configuration = await openDataSource(database.url, CONFIGURATION_ENTITIES);
  closing.add(() => configuration.destroy());
  const logPool = createLogPool(database.url);
  closing.add(() => logPool.end());
  const metrics = new Metrics();
  const growth = new Growth();
  const store = measureAppends(await openStore(config.eventStore, logPool, growth), metrics);
  closing.add(() => store.close());
  return { config, databaseUrl: database.url, pool, configuration, store, growth, metrics };
}
