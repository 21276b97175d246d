import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type pg from 'pg';
import { DATABASE } from '../src/database/database.js';
import { EVENT_STORE, type EventStore } from '../src/event-store/event-store.js';
import { AuthGuard } from '../src/http/auth.guard.js';
import { KeyStore } from '../src/http/keys.js';
import { ProblemFilter } from '../src/http/problem.filter.js';
import { validationPipe } from '../src/http/validation.js';
import { FRESHNESS, type Freshness } from '../src/queries/freshness.js';
import { QueriesModule } from '../src/queries/queries.module.js';

export interface Got {
  readonly status: number;
  readonly text: string;
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface QueryApi {
  readonly app: NestFastifyApplication;
  /** Asks as the given workspace. */
  get(path: string, workspace?: string): Promise<Got>;
  close(): Promise<void>;
}

/** The query API over a test database; a workspace's API key is its name. */
export async function queryApi(parts: {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly freshness: Freshness;
}): Promise<QueryApi> {
  const providers = [
    { provide: DATABASE, useValue: parts.pool },
    { provide: EVENT_STORE, useValue: parts.store },
    { provide: FRESHNESS, useValue: parts.freshness },
    { provide: KeyStore, useValue: { resolveApiKey: (key: string) => Promise.resolve(key) } },
    AuthGuard,
  ];
  @Global()
  @Module({ providers, exports: providers })
  class Edge {}
  const testing = await Test.createTestingModule({ imports: [Edge, QueriesModule] }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(validationPipe());
  await app.init();
  return {
    app,
    async get(url, workspace = 'main') {
      const answer = await app.inject({ url, headers: { authorization: `Bearer ${workspace}` } });
      const json = String(answer.headers['content-type']).includes('json');
      const body: unknown = json ? JSON.parse(answer.body) : answer.body;
      return { status: answer.statusCode, text: answer.body, body, headers: answer.headers };
    },
    close: () => app.close(),
  };
}
