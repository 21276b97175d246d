import { MemoryEventStore } from '../src/event-store/memory.js';
import { projections } from '../src/projections/all.js';
import { followSegments } from '../src/reactors/follow-segments.js';
import { Freshness } from '../src/subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../src/subscriptions/runner.js';
import { arrive } from './buyers.js';
import { testDatabase, type TestDatabase } from './database.js';
import { day, type Entry } from './sample-events.js';
import { EXAMPLE } from './example-workspace.js';
import { queryApi, type QueryApi } from './query-api.js';

export interface ExampleApi extends Pick<QueryApi, 'app' | 'get'> {
  readonly db: TestDatabase;
  readonly runner: SubscriptionRunner;
  /** Appends; `runner.catchUp()` projects. Answers the position of the last event. */
  add(workspace: string, entries: readonly Entry[]): Promise<bigint>;
  close(): Promise<void>;
}

/** The query API over the example workspace, projected to its end, which is position `HEAD`. */
export async function exampleApi(): Promise<ExampleApi> {
  const db = await testDatabase();
  const store = new MemoryEventStore(() => day(90));
  const runner = new SubscriptionRunner({
    pool: db.pool,
    store,
    subscriptions: [...projections, followSegments(() => day(90))],
  });
  // Reactors that start at the head follow the example from its first event.
  await runner.catchUp();
  await arrive(store, 'main', EXAMPLE);
  await runner.catchUp();
  const api = await queryApi({ pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) });
  return {
    ...{ app: api.app, get: (path, workspace, headers) => api.get(path, workspace, headers), db, runner },
    async add(workspace, entries) {
      await arrive(store, workspace, entries);
      return store.head();
    },
    async close() {
      await api.close();
      await runner.stop();
      await db.drop();
    },
  };
}

export const HEAD = EXAMPLE.length;
