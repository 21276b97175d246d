import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type pg from 'pg';
import { CONFIG } from '../src/config.js';
import { DATABASE } from '../src/database/database.js';
import { EVENT_STORE, type EventStore } from '../src/event-store/event-store.js';
import { dressApp } from '../src/http/app.js';
import { AuthGuard } from '../src/http/auth.guard.js';
import { KeyStore } from '../src/http/keys.js';
import { OperatorKey } from '../src/http/operator-key.js';
import { Metrics } from '../src/metrics.js';
import { SubscriptionsController } from '../src/subscriptions/api/subscriptions.controller.js';
import { SubscriptionRunner } from '../src/subscriptions/runner.js';

/** As a workspace: the operator. */
export const OPERATOR = 'ok_0123456789abcdefghij';

export interface SubscriptionsApi {
  ask<T>(method: 'GET' | 'POST', path: string, workspace?: string): Promise<T>;
  close(): Promise<void>;
}

/** The routes under `/api/projections` over a runner of the test's own; a workspace's API key is its name. */
export async function subscriptionsApi(parts: {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly runner: SubscriptionRunner;
}): Promise<SubscriptionsApi> {
  const testing = await Test.createTestingModule({
    controllers: [SubscriptionsController],
    providers: [
      AuthGuard,
      OperatorKey,
      { provide: CONFIG, useValue: { operatorKey: OPERATOR } },
      { provide: DATABASE, useValue: parts.pool },
      { provide: EVENT_STORE, useValue: parts.store },
      { provide: SubscriptionRunner, useValue: parts.runner },
      { provide: KeyStore, useValue: { resolveApiKey: (key: string) => Promise.resolve(key) } },
    ],
  }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  dressApp(app, new Metrics());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return {
    async ask<T>(method: 'GET' | 'POST', path: string, workspace = 'main') {
      const headers = { authorization: `Bearer ${workspace}` };
      const answer = await app.inject({ method, url: `/api/projections${path}`, headers });
      if (answer.statusCode >= 300) throw new Error(`${path} answers ${answer.statusCode}: ${answer.body}`);
      return JSON.parse(answer.body) as T;
    },
    close: () => app.close(),
  };
}
