import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type pg from 'pg';
import { CONFIG } from '../src/config.js';
import { DATABASE } from '../src/database/database.js';
import { EVENT_STORE, type EventStore } from '../src/event-store/event-store.js';
import { AuthGuard } from '../src/http/auth.guard.js';
import { KeyStore } from '../src/http/keys.js';
import { OperatorKey } from '../src/http/operator-key.js';
import { ProblemFilter } from '../src/http/problem.filter.js';
import { validationPipe } from '../src/http/validation.js';
import { FRESHNESS, type Freshness } from '../src/queries/freshness.js';
import { PROJECTION_STATES, type ReadProjectionStates } from '../src/queries/projection-states.js';
import { QueriesModule } from '../src/queries/queries.module.js';
import { readProjections } from '../src/subscriptions/api/read-projections.js';
import { rankSequences } from '../src/domain/sequences/ranked-sequences.js';
import { SEARCH_SEQUENCES } from '../src/queries/sequences/search-sequences.js';
import type { SequenceSearch } from '../src/queries/sequences/sequence-thread.js';
import { type PackedPaths, solvePacked } from '../src/queries/removal-thread.js';
import { SOLVE_CHAIN } from '../src/queries/solve-chain.js';

/** An answer after its way through JSON. */
export type Json<T> = T extends Date ? string : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

export interface QueryResponse<T = unknown> {
  readonly status: number;
  readonly text: string;
  readonly body: Json<T>;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface QueryApi {
  readonly app: NestFastifyApplication;
  /** Asks as the given workspace, for an answer of the named class. */
  get<T>(
    path: string,
    workspace?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<QueryResponse<T>>;
  close(): Promise<void>;
}

const projectionStates =
  (parts: { readonly pool: pg.Pool; readonly store: EventStore }): ReadProjectionStates =>
  async (workspace) =>
    (await readProjections(parts, workspace)).projections;

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
    { provide: PROJECTION_STATES, useValue: projectionStates(parts) },
    { provide: KeyStore, useValue: { resolveApiKey: (key: string) => Promise.resolve(key) } },
    { provide: CONFIG, useValue: {} },
    ...[AuthGuard, OperatorKey],
  ];
  @Global()
  @Module({ providers, exports: providers })
  class Edge {}
  const testing = await Test.createTestingModule({ imports: [Edge, QueriesModule] })
    .overrideProvider(SOLVE_CHAIN)
    .useValue((packed: PackedPaths) => Promise.resolve(solvePacked(packed)))
    .overrideProvider(SEARCH_SEQUENCES)
    .useValue(({ journeys, request }: SequenceSearch) => Promise.resolve(rankSequences(journeys, request)))
    .compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(validationPipe());
  await app.init();
  return {
    app,
    async get<T>(url: string, workspace = 'main', headers: Readonly<Record<string, string>> = {}) {
      const answer = await app.inject({
        url,
        headers: { authorization: `Bearer ${workspace}`, ...headers },
      });
      const json = /^application\/(problem\+)?json/.test(String(answer.headers['content-type']));
      const body = (json ? JSON.parse(answer.body) : answer.body) as Json<T>;
      return { status: answer.statusCode, text: answer.body, body, headers: answer.headers };
    },
    close: () => app.close(),
  };
}
