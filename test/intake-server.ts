import { type DynamicModule, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { IntakeCommandsModule } from '../src/app.module.js';
import { CollectorsModule } from '../src/collectors/collectors.module.js';
import { readConfig } from '../src/config.js';
import { openDataSource } from '../src/database/data-source.js';
import { type EventStore } from '../src/event-store/event-store.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import { Admission } from '../src/http/admission/admission.js';
import { dressApp, fastifyAdapter } from '../src/http/app.js';
import { EdgeModule } from '../src/http/edge.module.js';
import { FORMATS, Formats } from '../src/intake/formats/all.js';
import { IntakeModule } from '../src/intake/intake.module.js';
import { collectorPaths } from '../src/intake/openapi.js';
import { RejectedModule } from '../src/intake/rejected.module.js';
import { Metrics } from '../src/metrics.js';
import { setupOpenApi } from '../src/openapi/setup.js';
import type { Runtime } from '../src/runtime.js';
import { CONFIGURATION_ENTITIES } from '../src/workspaces/entities.js';
import { Workspaces } from '../src/workspaces/workspaces.js';
import type { TestKeys } from './app.js';
import { testDatabase, type TestDatabase } from './database.js';

export interface IntakeServer {
  readonly url: string;
  readonly database: TestDatabase;
  readonly store: EventStore;
  readonly workspaces: Workspaces;
  /** Of the workspace `main`, collector `web`. */
  readonly keys: TestKeys;
  /** A provider of the application. */
  get<T>(provider: abstract new (...parameters: never[]) => T): T;
  stop(): Promise<void>;
}

@Module({})
class CollectingApp {
  static with(runtime: Runtime): DynamicModule {
    return {
      module: CollectingApp,
      imports: [
        EdgeModule.with(runtime),
        IntakeCommandsModule,
        IntakeModule,
        RejectedModule,
        CollectorsModule,
      ],
    };
  }
}

export interface IntakeServerOptions {
  readonly wrap?: (store: EventStore) => EventStore;
  readonly environment?: Readonly<Record<string, string>>;
  readonly formats?: Formats;
}

/** The collectors and the API document as they are served, listening on a free port, on a database of their own. */
export async function intakeServer({
  wrap = (store) => store,
  environment = {},
  formats = FORMATS,
}: IntakeServerOptions = {}): Promise<IntakeServer> {
  const database = await testDatabase();
  const configuration = await openDataSource(database.url, CONFIGURATION_ENTITIES);
  const log = new PostgresEventStore(database.pool);
  const store = wrap(log);
  const runtime = {
    config: readConfig(environment),
    pool: database.pool,
    configuration,
    store,
    metrics: new Metrics(),
  };
  const adapter = fastifyAdapter();
  const module = await Test.createTestingModule({ imports: [CollectingApp.with(runtime)] })
    .overrideProvider(Formats)
    .useValue(formats)
    .compile();
  const app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: ['error'] });
  dressApp(app, runtime.metrics, app.get(Admission));
  setupOpenApi(app, [collectorPaths(app.get(Formats))]);
  await app.listen(0, '127.0.0.1');
  const workspaces = app.get(Workspaces);
  const made = (await workspaces.find('main')) ? fail() : await workspaces.add('main');
  const keys = { writeKey: made.serverWriteKey, publicWriteKey: made.writeKey, apiKey: made.apiKey };
  return {
    url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`,
    ...{ database, store, workspaces, keys },
    get: (provider) => app.get(provider),
    async stop() {
      await app.close();
      await log.close();
      await configuration.destroy();
      await database.drop();
    },
  };
}

function fail(): never {
  throw new Error('the test database has a workspace already');
}
