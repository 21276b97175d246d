import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { readConfig } from '../src/config.js';
import { openDataSource } from '../src/database/data-source.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import type { RunPreview } from '../src/model-preview/preview-model.js';
import { measureAppends, Metrics } from '../src/metrics.js';
import { prepareWorkspaces } from '../src/prepare.js';
import { projections } from '../src/projections/all.js';
import { SubscriptionRunner } from '../src/subscriptions/runner.js';
import type { Runtime } from '../src/runtime.js';
import { createApp } from '../src/server.js';
import { CONFIGURATION_ENTITIES } from '../src/workspaces/entities.js';
import { Workspaces } from '../src/workspaces/workspaces.js';
import { testDatabase, type TestDatabase } from './database.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of workspace `main`. */
export interface TestKeys {
  /** Of scope server: fixtures send history and several people at once. */
  readonly writeKey: string;
  readonly publicWriteKey: string;
  readonly apiKey: string;
}

export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly database: TestDatabase;
  readonly runtime: Runtime;
  readonly workspaces: Workspaces;
  readonly keys: TestKeys;
  close(): Promise<void>;
}

/**
 * The whole application of the given roles over a database of its own, asked with `app.inject`, not listening.
 *
 * @param before runs before the routes are made
 * @param previewing makes previews of journey models; usual: as the server does, in this thread
 */
export async function testApp(
  environment: Readonly<Record<string, string>> = {},
  before: (app: NestFastifyApplication) => void = () => undefined,
  previewing?: RunPreview,
): Promise<TestApp> {
  const database = await testDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'touchline-app-'));
  const keys = {
    writeKey: 'sk_main_0123456789abcdef',
    publicWriteKey: 'wk_main_0123456789abcdef',
    apiKey: 'ak_main_0123456789abcdef',
  };
  const config = readConfig({
    TOUCHLINE_DATA_DIR: dataDir,
    TOUCHLINE_WRITE_KEY: keys.publicWriteKey,
    TOUCHLINE_SERVER_WRITE_KEY: keys.writeKey,
    TOUCHLINE_API_KEY: keys.apiKey,
    ...environment,
  });
  const configuration = await openDataSource(database.url, CONFIGURATION_ENTITIES);
  const metrics = new Metrics();
  const store = measureAppends(new PostgresEventStore(database.pool), metrics);
  const runtime: Runtime = { config, pool: database.pool, configuration, store, metrics };
  const log = pino({ level: 'silent' });
  // As a server does: a projection that is new to a log with events is a rebuild, and not to be read.
  if (config.roles.has('project'))
    await new SubscriptionRunner({ pool: database.pool, store, subscriptions: projections }).register();
  await prepareWorkspaces(runtime, log);
  const app = await createApp(runtime, log, undefined, previewing);
  before(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return {
    ...{ app, database, runtime, keys },
    workspaces: app.get(Workspaces),
    async close() {
      await app.close();
      await store.close();
      await configuration.destroy();
      await database.drop();
      await rm(dataDir, { recursive: true });
    },
  };
}
