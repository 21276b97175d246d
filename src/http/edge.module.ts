import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG } from '../config.js';
import { DATABASE } from '../database/database.js';
import { EVENT_STORE } from '../event-store/event-store.js';
import { Metrics } from '../metrics.js';
import type { Runtime } from '../runtime.js';
import { Collectors } from '../workspaces/collectors.js';
import { CollectorConfigs } from '../workspaces/collector-configs.js';
import { SecretBox } from '../workspaces/secret-box.js';
import { Workspaces } from '../workspaces/workspaces.js';
import { Admission } from './admission/admission.js';
import { AuthGuard } from './auth.guard.js';
import { HealthController } from './health.controller.js';
import { KeyStore } from './keys.js';
import { MetricsController } from './metrics.controller.js';
import { OperatorKey } from './operator-key.js';
import { Readiness } from './readiness.js';

/** What every other module may inject: settings, database, log, metrics, workspaces, keys and the guard. */
@Global()
@Module({})
export class EdgeModule {
  static with({ config, pool, configuration, store, metrics }: Runtime): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: DATABASE, useValue: pool },
      { provide: DataSource, useValue: configuration },
      { provide: EVENT_STORE, useValue: store },
      { provide: Metrics, useValue: metrics },
      { provide: Admission, useValue: new Admission(config) },
      { provide: SecretBox, useValue: new SecretBox(config.secretKeys, config.dataDir) },
      Workspaces,
      CollectorConfigs,
      Collectors,
      KeyStore,
      AuthGuard,
      OperatorKey,
      Readiness,
    ];
    return {
      module: EdgeModule,
      providers,
      exports: providers,
      controllers: [HealthController, MetricsController],
    };
  }
}
