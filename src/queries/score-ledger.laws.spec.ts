import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { entryOf, ORDERS, PEOPLE, sorted, visit } from '../../test/arrival-orders.js';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { day, type Entry, entry } from '../../test/sample-events.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { queryApi, type QueryApi } from '../../test/query-api.js';
import type { Touch } from '../domain/condition.js';
import { type IdentityKey, leadIdOf } from '../domain/identity/keys.js';
import { fold, inOrder } from '../domain/journey.js';
import { DAY_MS, type JourneyModel } from '../domain/model/journey-model.js';
import type { Touchpoint } from '../domain/touchpoint.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { AccountJourneyAnswer } from './account-journey.js';
import type { LeadJourneyAnswer } from './lead-journey.js';
import type { LeadScoreAnswer } from './lead-score.js';

let db: TestDatabase;
let api: QueryApi;
let runner: SubscriptionRunner;
/** When everything was recorded; all of it happened before. */
const NOW = day(-10);
const FIRST_DAY = -900;
const store = new MemoryEventStore(() => NOW);

beforeAll(async () => {
  db = await testDatabase();
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections });
  await runner.catchUp();
  api = await queryApi({ pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) });
});
afterAll(async () => {
  await api?.close();
  await runner?.stop();
  await db?.drop();
});

const modelOf = (halfLifeDays: number): JourneyModel => ({
  ...TEST_MODEL,
  personas: [],
  scoring: {
    halfLifeDays,
    rules: [
      { name: 'demo', when: { kind: 'demo_request' }, points: 40 },
      { name: 'form', when: { kind: 'form_fill' }, points: -7.5, cap: { count: 2, per: 'session' } },
      { name: 'paper', when: { kind: 'content_download' }, points: 15, oncePerContent: true },
      { name: 'page', when: { kind: 'page_view' }, points: 2, cap: { count: 2, per: 'day' } },
      { name: 'mail', when: { kind: 'email_open' }, points: 0.3, cap: { count: 4, per: 'ever' } },
    ],
  },
});

let workspaces = 0;
/** The position that each workspace's last event got. */
const endOf = new Map<string, bigint>();

/** Appends the entries to a workspace of their own, `size` at a time, and projects them. */
async function projected(entries: readonly Entry[], model: JourneyModel, size: number): Promise<string> {
  const workspace = `scores-${++workspaces}`;
  await rows('INSERT INTO touchline.workspace (slug, name) VALUES ($1, $1)', workspace);
  await arrive(store, workspace, [
    entry('model', 'model', 'JourneyModelPublished', FIRST_DAY, {
      document: model,
      by: 'ada@touchline.example',
    }),
  ]);
  for (let from = 0; from < entries.length; from += size) {
    await arrive(store, workspace, entries.slice(from, from + size));
    await runner.catchUp();
  }
  endOf.set(workspace, await store.head());
  return workspace;
}

async function rows<Row extends object>(sql: string, ...values: unknown[]): Promise<Row[]> {
  return (await db.pool.query(sql, values)).rows as Row[];
}

const written = async (workspace: string) =>
  (
    await rows<{ all: number; ended: number }>(
      `SELECT count(*)::int AS all, count(superseded_at)::int AS ended FROM touchline.score_change WHERE workspace = $1`,
      workspace,
    )
  )[0];

interface Page {
  readonly next: string | null;
  readonly items: readonly unknown[];
}

/** The items of all pages of a list. */
async function pages<Answer extends Page>(path: string, workspace: string, limit: number) {
  const items: Answer['items'][number][] = [];
  let next: string | null | undefined;
  do {
    const cursor = next ? `&cursor=${next}` : '';
    const { body } = await api.get<Page>(`${path}limit=${limit}${cursor}`, workspace);
    items.push(...(body.items as Answer['items']));
    next = body.next;
  } while (next);
  return items;
}

const touchesOf = (entries: readonly Entry[], person: string): Touch[] =>
  entries
    .filter(({ stream }) => stream === `touchpoints-${person}`)
    .map(({ event: { id, occurredAt, data } }) => ({
      ...(data as Touchpoint),
      id,
      at: occurredAt.getTime(),
    }));

/** Equal once both are rounded to two decimals, however the half cent is rounded. */
function expectCents(found: number, wanted: number): void {
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(0.005 + 1e-9);
}

interface Scored {
  eventId: string;
  scoreAfter: number;
}

function expectScores(items: readonly Scored[], wanted: ReadonlyMap<string, number>): void {
  expect(items.map(({ eventId }) => eventId).toSorted()).toEqual([...wanted.keys()].toSorted());
  for (const { eventId, scoreAfter } of items) expectCents(scoreAfter, wanted.get(eventId) ?? NaN);
}

test('a late scored touchpoint adds one row to the ledger and supersedes none', async () => {
  const model = modelOf(30);
  const demo = { person: PEOPLE[0], kind: 'demo_request', verdict: 'human', content: 'guide' } as const;
  const demos = Array.from({ length: 40 }, (_each, index) =>
    entryOf({ ...demo, minutes: index * 600 }, index, FIRST_DAY),
  );
  const workspace = await projected(demos.slice(1), model, 100);
  expect(await written(workspace)).toEqual({ all: 39, ended: 0 });
  await arrive(store, workspace, demos.slice(0, 1));
  await runner.catchUp();
  expect(await written(workspace)).toEqual({ all: 40, ended: 0 });
});

const history = fc.record({
  visits: fc.array(visit, { minLength: 1, maxLength: 40 }),
  order: fc.constantFrom(...Object.keys(ORDERS)),
  size: fc.constantFrom(1, 7, 100),
  limit: fc.constantFrom(1, 3, 1_000),
  // The shortest forgets everything between two touchpoints: 0.5 ** 40,000 is no number of PostgreSQL's.
  halfLifeDays: fc.constantFrom(0.02, 1, 30),
});

interface Case {
  readonly model: JourneyModel;
  readonly person: IdentityKey;
  readonly touches: readonly Touch[];
  readonly workspace: string;
  readonly limit: number;
}

const ledgerOf = ({ model, touches }: Case) => fold(model, { traits: {} }, touches).ledger;

/** Points as they are worth at an instant (ms), as docs/journey-model.md has it. */
const worth = (
  ledger: readonly { readonly points: number; readonly at: number }[],
  { model }: Case,
  at: number,
): number =>
  ledger.reduce((sum, row) => {
    const halfLives = (at - row.at) / (model.scoring.halfLifeDays * DAY_MS);
    return sum + row.points * 0.5 ** halfLives;
  }, 0);

/** The score right after each touchpoint, by event id. */
function scoresAfter(given: Case): Map<string, number> {
  const byEvent = Map.groupBy(ledgerOf(given), ({ eventId }) => eventId);
  const before: ReturnType<typeof ledgerOf>[number][] = [];
  return new Map(
    given.touches.toSorted(inOrder).map(({ id, at }) => {
      before.push(...(byEvent.get(id) ?? []));
      return [id, worth(before, given, at)];
    }),
  );
}

async function expectLedger(given: Case, ordered: string): Promise<void> {
  const ledger = ledgerOf(given);
  const after = scoresAfter(given);
  const wanted = new Map(ledger.map(({ eventId }) => [eventId, after.get(eventId) ?? NaN]));
  const path = `/api/leads/${given.person}/score?`;
  const items = await pages<LeadScoreAnswer>(path, given.workspace, given.limit);
  expect(items).toEqual(await pages<LeadScoreAnswer>(path, ordered, 1_000));
  expect(items).toMatchObject(ledger.map(({ eventId, rule, points }) => ({ eventId, rule, points })));
  expectScores(items, wanted);
  const facts = await rows<Scored>(
    `SELECT touchpoint_key AS "eventId", score_after AS "scoreAfter" FROM bi.fact_score_change WHERE lead_key = $1`,
    leadIdOf(given.workspace, given.person),
  );
  expectScores(facts, wanted);
}

async function expectJourney(given: Case): Promise<void> {
  for (const order of ['asc', 'desc']) {
    const path = `/api/leads/${given.person}/journey?order=${order}&`;
    const items = await pages<LeadJourneyAnswer>(path, given.workspace, given.limit);
    expectScores(items, scoresAfter(given));
  }
}

/** Law 6, at the position of the answer, at an earlier one and now. */
async function expectSum(given: Case, ordered: string): Promise<void> {
  const path = `/api/leads/${given.person}/score`;
  const { body: now } = await api.get<LeadScoreAnswer>(path, given.workspace);
  expectCents(now.score, worth(ledgerOf(given), given, NOW.getTime()));
  const { body: then } = await api.get<LeadScoreAnswer>(`${path}?asOf=${endOf.get(ordered)}`, ordered);
  expect(then.score).toBe(now.score);
  const [current] = await rows<{ score: number; now: Date }>(
    'SELECT score, now() FROM bi.lead_current WHERE lead_key = $1',
    leadIdOf(given.workspace, given.person),
  );
  expectCents(current!.score, worth(ledgerOf(given), given, current!.now.getTime()));
}

test('in any order of arrival the ledger has at most one row per event and gives the same responses', async () => {
  const property = fc.asyncProperty(history, async ({ visits, order, size, limit, halfLifeDays }) => {
    const model = modelOf(halfLifeDays);
    const entries = sorted(visits.map((each, index) => entryOf(each, index, FIRST_DAY)));
    const ordered = await projected(entries, model, size);
    const workspace = await projected(ORDERS[order]!(entries), model, size);
    expect((await written(workspace))?.all).toBeLessThanOrEqual(visits.length);

    const all = new Map<string, number>();
    for (const person of new Set(visits.map((each) => each.person))) {
      const given = { model, person, touches: touchesOf(entries, person), workspace, limit };
      await expectLedger(given, ordered);
      await expectJourney(given);
      await expectSum(given, ordered);
      for (const [id, score] of scoresAfter(given)) all.set(id, score);
    }
    const path = '/api/accounts/acme.example/journey?';
    expectScores(await pages<AccountJourneyAnswer>(path, workspace, limit), all);
  });
  await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 15), endOnFailure: true });
}, 300_000);
