import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { arrive, buyers } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { START } from '../../test/journeys.js';
import { type QueryResponse, queryApi, type QueryApi } from '../../test/query-api.js';

let db: TestDatabase;
let api: QueryApi;
/** Of its own, without what the other keeps of its answers. */
let later: QueryApi;
let runner: SubscriptionRunner;
let clock = START + 365 * 86_400_000;
const store = new MemoryEventStore(() => new Date((clock += 3_600_000)));

beforeAll(async () => {
  db = await testDatabase();
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections });
  await runner.catchUp();
  const parts = { pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) };
  api = await queryApi(parts);
  later = await queryApi(parts);
});
afterAll(async () => {
  await api?.close();
  await later?.close();
  await runner?.stop();
  await db?.drop();
});

const KEYS = [
  'email:ada@acme.example.com',
  'anonymous:a1',
  'anonymous:a2',
  'user:u1',
  'user:nobody',
  'crm:c1',
];
const ACCOUNTS = ['acme', 'initech', 'example.com', 'nowhere'];
const PARTS = ['', '/journey?limit=2', '/journey?order=desc', '/score', '/stages', '/explain'];
const REPORTS = [
  'content',
  'channel',
  'campaign',
  'source',
  'month',
  'channel,month',
  'content,channel,campaign',
];

/** What is needed of an answer to ask on. */
interface Any {
  asOf: string;
  next: string | null;
  items?: { leadId: string }[];
}
type Ask = (path: string) => Promise<QueryResponse<Any>>;

/** Every question there is about a workspace, and further pages of lists. */
async function everything(ask: Ask): Promise<void> {
  const leads = await ask('/api/leads');
  const ids = (leads.body.items ?? []).map(({ leadId }) => leadId);
  for (const sort of ['score', 'recent', 'leadId']) await pages(ask, `/api/leads?limit=2&sort=${sort}`);
  for (const filter of [
    'lifecycle=engaged',
    'lifecycle=raw',
    'lifecycle=customer',
    'minScore=5',
    'accountId=acme',
  ]) {
    await ask(`/api/leads?${filter}`);
  }
  for (const id of [...ids, ...KEYS]) for (const part of PARTS) await ask(`/api/leads/${id}${part}`);
  for (const id of ACCOUNTS) for (const part of ['', '/journey']) await ask(`/api/accounts/${id}${part}`);
  await pages(ask, '/api/opportunities?limit=1');
  for (const id of ['opp-1', 'opp-2', 'opp-3', 'opp-9']) {
    await ask(`/api/opportunities/${id}`);
    for (const metric of ['revenue', 'pipeline'])
      await ask(`/api/opportunities/${id}/attribution?metric=${metric}`);
  }
  for (const metric of ['revenue', 'pipeline']) {
    for (const by of REPORTS)
      await pages(ask, `/api/attribution?model=w_shaped&by=${by}&metric=${metric}&limit=2`);
    for (const model of ['markov&order=2&player=content', 'shapley', 'u_shaped&direct=drop&repeats=exposure'])
      await ask(`/api/attribution?by=channel&metric=${metric}&model=${model}`);
    await ask(`/api/attribution?format=csv&metric=${metric}&from=2026-01-20&to=2026-02-20`);
    await ask(`/api/attribution/compare?by=channel&metric=${metric}`);
    for (const cell of ['', '&channel=email', '&without=content&month=2026-01']) {
      await pages(ask, `/api/attribution/explain?model=time_decay&metric=${metric}${cell}&limit=1`);
    }
  }
  await ask('/api/attribution/drift?from=0&by=channel&metric=pipeline');
  await ask('/api/model');
  await ask('/api/model/versions?limit=1');
}

/** Cursors name their moment themselves. */
async function pages(ask: Ask, path: string): Promise<void> {
  let next: string | null = (await ask(path)).body.next;
  for (let page = 0; next && page < 4; page++) next = (await ask(`${path}&cursor=${next}`)).body.next;
}

/** The parameter by which a question is asked as of a position; cursors name theirs. */
function momentOf(path: string, position: string | bigint): string {
  if (path.includes('cursor=')) return '';
  return `${path.includes('?') ? '&' : '?'}${path.includes('/drift') ? 'to' : 'asOf'}=${position}`;
}

test('responses as of a position are byte-identical, whatever has arrived since', async () => {
  let run = 0;
  const property = fc.asyncProperty(buyers(40), buyers(25), fc.nat(), async (entries, others, cut) => {
    const workspace = `w${++run}`;
    const twin = `${workspace}-twin`;
    const middle = cut % (entries.length + 1);
    await arrive(store, workspace, entries.slice(0, middle));
    await arrive(store, twin, others.slice(0, middle));
    await runner.catchUp();
    const position = String(await store.head());

    const first = new Map<string, QueryResponse<Any>>();
    await everything(async (path) => {
      const got = await api.get<Any>(path, workspace);
      first.set(path, got);
      return got;
    });

    await arrive(store, workspace, entries.slice(middle));
    await arrive(store, twin, others.slice(middle));
    await runner.catchUp();

    for (const [path, before] of first) {
      const moment = momentOf(path, position);
      const again = await later.get(`${path}${moment}`, workspace);
      expect([path, again.status, again.text]).toEqual([path, before.status, before.text]);
      if (before.status === 200 && path.includes('format=csv')) continue;
      if (before.status === 200) expect(before.body.asOf).toBe(position);
      expect([200, 404]).toContain(before.status);
    }
  });
  await fc.assert(property, { numRuns: Number(process.env['RUNS'] ?? 6), endOnFailure: true });
}, 300_000);

test('responses as of a position are byte-identical, whatever batches the log was projected in', async () => {
  const single = await testDatabase();
  const oneByOne = new SubscriptionRunner({
    pool: single.pool,
    store,
    subscriptions: projections,
    largestBatch: 1,
  });
  const freshness = new Freshness(single.pool, oneByOne.moved);
  const other = await queryApi({ pool: single.pool, store, freshness });
  let run = 0;
  const property = fc.asyncProperty(buyers(40), fc.nat(), async (entries, cut) => {
    const workspace = `batches-${++run}`;
    const position = (await store.head()) + BigInt(1 + (cut % entries.length));
    await arrive(store, workspace, entries);
    await runner.catchUp();
    await oneByOne.catchUp();
    await everything(async (path) => {
      const moment = momentOf(path, position);
      const got = await api.get<Any>(`${path}${moment}`, workspace);
      const { status, text } = await other.get(`${path}${moment}`, workspace);
      expect([path, got.status, got.text]).toEqual([path, status, text]);
      return got;
    });
  });
  try {
    await fc.assert(property, { numRuns: Number(process.env['RUNS'] ?? 6), endOnFailure: true });
  } finally {
    await other.close();
    await oneByOne.stop();
    await single.drop();
  }
}, 300_000);
