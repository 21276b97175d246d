import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ruleId } from '../../test/rule-ids.js';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { day, entry, type Entry, opportunityEvents, pageView } from '../../test/sample-events.js';
import { activity, withdrawal } from '../../test/activities.js';
import { START, TEST_MODEL } from '../../test/journeys.js';
import { type Json, queryApi, type QueryApi } from '../../test/query-api.js';
import { readFile } from 'node:fs/promises';
import type { IdentityKey } from '../domain/identity/keys.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { Channel } from '../domain/touchpoint.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { followSegments } from '../reactors/follow-segments.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import type { Projection } from '../subscriptions/subscription.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { DriftAnswer, DriftValue } from './attribution-drift.js';

let db: TestDatabase;
let api: QueryApi;
let runner: SubscriptionRunner;
let clock = START + 365 * 86_400_000;
const store = new MemoryEventStore(() => new Date((clock += 3_600_000)));

/** Ids of events that the projection of journeys cannot apply. */
const unreadable = new Set<string>();
const failing = (projection: Projection): Projection => ({
  ...projection,
  apply: (batch, tx, range) =>
    batch.some(({ id }) => unreadable.has(id))
      ? Promise.reject(new Error('unreadable'))
      : projection.apply(batch, tx, range),
});

beforeAll(async () => {
  db = await testDatabase();
  const subscriptions = projections.map((each) => (each.name === 'journey' ? failing(each) : each));
  runner = new SubscriptionRunner({
    ...{ pool: db.pool, store },
    subscriptions: [...subscriptions, followSegments(() => day(300))],
  });
  await runner.catchUp();
  api = await queryApi({ pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) });
});
afterAll(async () => {
  await api?.close();
  await runner?.stop();
  await db?.drop();
});

const sum = (values: Json<DriftValue>['causes']): number =>
  Object.values(values).reduce((total, { minor }) => total + Number(minor), 0);
const minorOf = ({ difference }: Json<DriftValue>): number => Number(difference.minor);

const ada = 'email:ada@acme.example';
const bob = 'email:bob@acme.example';
const rates = (rate: number) => [{ currency: 'EUR', date: '2026-01-01', rate }];
const model = (nth: number, more: Partial<JourneyModel> = {}): Entry =>
  entry(`model ${nth}`, 'model', 'JourneyModelPublished', 0, {
    document: { ...TEST_MODEL, currency: 'USD', rates: rates(1), ...more },
  });
const deal = (amount: string, ...steps: Parameters<typeof opportunityEvents>[2][]): Entry[] =>
  opportunityEvents(
    'opp-1',
    { amount, currency: 'EUR', openedAt: day(59), contacts: [{ keys: [ada], role: 'champion' }] },
    { status: 'won', closedAt: day(89) },
    ...steps,
  );
const touch = (name: string, at: number, channel: Channel, key: IdentityKey = ada): Entry =>
  pageView(name, at, [key], { channel, content: { id: name } });
const decision = (type: 'IdentitiesMerged' | 'IdentitiesSplit'): Entry =>
  entry(type, 'identity-decisions', type, type === 'IdentitiesMerged' ? 100 : 101, {
    leadId: '',
    otherLeadId: '',
    key: ada,
    otherKey: bob,
  });

let spaces = 0;
const space = () => {
  const workspace = `space-${++spaces}`;
  return {
    workspace,
    happen: async (...entries: Entry[]): Promise<bigint> => {
      await arrive(store, workspace, entries);
      await runner.catchUp();
      return store.head();
    },
    drift: (query: string) => api.get<DriftAnswer>(`/api/attribution/drift?${query}`, workspace),
  };
};

describe('the causes of a difference', () => {
  test('are those of the example in docs/attribution.md', async () => {
    const { happen, drift } = space();
    const steps = deal('900.00', { status: 'won', amount: '1000.00' });
    const from = await happen(
      model(1),
      touch('blog', 5, 'organic_search'),
      touch('paper', 19, 'email'),
      touch('pricing', 54, 'paid_search'),
      touch('ad', 1, 'paid_search', 'anonymous:a-2'),
      ...steps.slice(0, -1),
    );
    await happen(touch('webinar', 40, 'event'), ...steps.slice(-1));
    await happen(entry('claim', 'identity-ada', 'IdentityClaimed', 95, { identity: [ada, 'anonymous:a-2'] }));
    const { body } = await drift(`from=${from}&by=channel`);
    const amounts = ({ from: before, to, difference, causes }: Json<DriftValue>) => [
      ...[before, to, difference].map(({ amount }) => amount),
      ...['late_touchpoints', 'opportunity_changes', 'merges'].map(
        (cause) => causes[cause]?.amount ?? '0.00',
      ),
    ];
    const page = await readFile(new URL('../../docs/attribution.md', import.meta.url), 'utf8');
    const documented = page
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
      .filter((cells) => cells.length === 9)
      .map((cells) => cells.slice(1, -1));
    const start = documented.findIndex(([first]) => first === 'organic_search');
    expect(
      [...body.rows.map((row) => [row.label, ...amounts(row)]), ['total', ...amounts(body.total)]].sort(),
    ).toEqual(documented.slice(start, start + 5).sort());
    expect(body.causes.map(({ cause, items }) => [cause, ...items.map(({ type }) => type)])).toEqual([
      ['late_touchpoints', 'TouchpointRecorded'],
      ['merges', 'IdentityClaimed'],
      ['opportunity_changes', 'OpportunityWon'],
    ]);
  });

  test('are those of runs of events where an opportunity has too many events and touches', async () => {
    const { happen, drift } = space();
    const from = await happen(model(1), touch('blog', 5, 'organic_search'), ...deal('900.00'));
    const late = Array.from({ length: 460 }, (_, nth) => touch(`late ${nth}`, 10 + nth / 20, 'email'));
    const claim = entry('claim', 'identity-ada', 'IdentityClaimed', 95, { identity: [ada, 'anonymous:a-2'] });
    await happen(
      ...late.slice(0, 230),
      touch('ad', 1, 'paid_search', 'anonymous:a-2'),
      claim,
      ...late.slice(230),
    );
    const { body } = await drift(`from=${from}&by=channel`);
    expect(body.causes.map(({ cause, items }) => [cause, ...items.map(({ events }) => events)])).toEqual([
      ['late_touchpoints', 230, 230],
      ['merges', 1],
    ]);
    expect(body.rows.map((row) => sum(row.causes) - minorOf(row))).toEqual([0, 0, 0]);
  });

  test('are named by the event behind each of them', async () => {
    const { happen, drift, workspace } = space();
    const shorter = { attribution: { ...TEST_MODEL.attribution, lookbackDays: 52 } };
    const lost = touch('lost', 30, 'event');
    const found: Record<string, string[]> = {};
    let last = await happen(
      model(1),
      touch('blog', 5, 'organic_search'),
      touch('ebook', 6, 'referral', 'anonymous:a-4'),
      entry('title', 'identity-bob', 'IdentityClaimed', 6, { identity: [bob] }),
      touch('ad', 7, 'paid_search', bob),
      ...deal('900.00'),
    );
    const step = async (name: string, ...entries: Entry[]): Promise<void> => {
      const from = last;
      last = await happen(...entries);
      const { body } = await drift(`from=${from}&by=content,persona,author`);
      found[name] = Object.keys(Object.assign({}, ...body.rows.map(({ causes }) => causes)) as object);
    };
    await step('late', touch('webinar', 40, 'event'));
    await step('visit with both keys', pageView('both', 41, [ada, 'anonymous:a-3']));
    await step('visit that joins', pageView('joins', 42, [ada, 'anonymous:a-4']));
    await step('call', activity('call', { id: 'call-1', modified: 80 }, 43, [ada]));
    await step('cancelled', withdrawal('no call', { id: 'call-1', modified: 81 }, 'cancelled'));
    await step('merge', decision('IdentitiesMerged'));
    await step('split', decision('IdentitiesSplit'));
    await step(
      'title',
      entry('cfo', 'identity-ada', 'IdentityClaimed', 6, { identity: [ada], traits: { title: 'CFO' } }),
    );
    await step('rule', entry('rule', 'verdict-rules', 'VerdictRulePublished', 50, { rule: { ruleId: ruleId(1), verdict: 'internal', match: { from: day(40).toISOString(), to: day(40.5).toISOString() } } })); // prettier-ignore
    await step('no rule', entry('none', 'verdict-rules', 'VerdictRuleWithdrawn', 50, { ruleId: ruleId(1) }));
    await step('model', model(2, shorter));
    await step('rates', model(3, { ...shorter, rates: rates(1.1) }));
    await step('model and rates', model(4, { rates: rates(1.2) }));
    await step('catalogue', entry('paper', 'content-webinar', 'ContentCatalogued', 50, { contentId: 'webinar', author: 'Ada', serves: [] })); // prettier-ignore
    unreadable.add(lost.event.id);
    await step('dead letter', lost);
    await step('other', entry('acme', 'account-acme', 'AccountObserved', 1, { accountId: 'acme' }));
    unreadable.clear();
    await runner.retryDeadLetters('journey', workspace);
    const from = last - 1n;
    await happen();
    const { body } = await drift(`from=${from}&by=content`);
    found['retried'] = body.causes.map(({ cause }) => cause);
    expect(found).toEqual({
      late: ['late_touchpoints'],
      'visit with both keys': ['late_touchpoints'],
      'visit that joins': ['merges'],
      call: ['late_touchpoints'],
      cancelled: ['withdrawn_touchpoints'],
      merge: ['merges'],
      split: ['splits'],
      title: ['profiles'],
      rule: ['verdicts'],
      'no rule': ['verdicts'],
      model: ['model_version'],
      rates: ['rates'],
      'model and rates': ['model_version', 'rates'],
      catalogue: ['catalogue'],
      'dead letter': [],
      other: [],
      retried: ['dead_letters'],
    });
  });
});

describe('a difference by segment', () => {
  test('has what an event did apart from who entered or left a segment at its position', async () => {
    const { happen, drift } = space();
    const segments = [
      { id: 'mailed', name: 'Mailed', when: { did: [{ when: { channel: 'email' as const } }] } },
      { id: 'readers', name: 'Readers', when: { did: [{ when: { kind: 'page_view' as const } }] } },
    ];
    const from = await happen(
      model(1, { segments }),
      touch('blog', 5, 'organic_search'),
      entry('bob', 'identity-bob', 'IdentityClaimed', 6, { identity: [bob] }),
      ...deal('900.00'),
    );
    const mailed = await happen(touch('mail', 20, 'email'));
    const to = await happen(model(2, { segments: segments.toReversed() }));
    const partsOf = async (query: string) => {
      const { body } = await drift(`by=segment,channel&${query}`);
      const events = body.causes.map(({ cause, items }) => [cause, items.map(({ type }) => type)]);
      const rows = body.rows.map(({ keys, causes }) => [
        keys.join(),
        ...['late_touchpoints', 'segments', 'model_version'].map((cause) => causes[cause]?.amount ?? '-'),
      ]);
      return { events, rows: rows.sort() };
    };
    expect(await partsOf(`from=${from}&to=${mailed}`)).toEqual({
      events: [
        ['late_touchpoints', ['TouchpointRecorded']],
        ['segments', [null]],
      ],
      rows: [
        ['mailed,email', '-', '450.00', '-'],
        ['mailed,organic_search', '-', '450.00', '-'],
        ['readers,email', '450.00', '-450.00', '-'],
        ['readers,organic_search', '-450.00', '-450.00', '-'],
      ],
    });
    expect(await partsOf(`from=${mailed}&to=${to}`)).toEqual({
      events: [['model_version', ['JourneyModelPublished']]],
      rows: [
        ['mailed,email', '-', '-', '-450.00'],
        ['mailed,organic_search', '-', '-', '-450.00'],
        ['readers,email', '-', '-', '450.00'],
        ['readers,organic_search', '-', '-', '450.00'],
      ],
    });
  });
});

test('under markov a cause has what it did to all paths, and an event what it did to its own', async () => {
  const { happen, drift } = space();
  const other = opportunityEvents(
    'opp-2',
    { amount: '500.00', currency: 'EUR', openedAt: day(59), contacts: [{ keys: [bob], role: 'user' }] },
    { status: 'won', closedAt: day(89) },
  );
  const from = await happen(
    model(1),
    ...[touch('blog', 5, 'organic_search'), touch('mail', 6, 'email'), touch('ad', 7, 'paid_search', bob)],
    ...[touch('mail 2', 8, 'email', bob), ...deal('900.00'), ...other],
  );
  await happen(touch('mail 3', 4, 'email'), touch('webinar', 40, 'event'));
  const { body } = await drift(`from=${from}&by=channel&model=markov`);
  const [late] = body.causes;
  expect(body.causes.map(({ cause, events, opportunities }) => [cause, events, opportunities])).toEqual([
    ['late_touchpoints', 2, 1],
  ]);
  expect(late?.items.map(({ opportunityId, difference }) => [opportunityId, difference.amount])).toEqual([
    ['opp-1', '0.00'],
    ['opp-1', '0.00'],
  ]);
  // Nobody of the opportunity that changed has clicked an ad.
  const ads = body.rows.find(({ keys }) => keys[0] === 'paid_search');
  expect(ads?.causes['late_touchpoints']).toEqual(ads?.difference);
  expect(ads?.difference.minor).not.toBe(0);
});

test.each([
  ['', 'from-missing', 'from'],
  ['from=x', 'from-invalid', 'from'],
  ['from=99999999', 'as-of-in-the-future', 'from'],
  ['from=1&to=99999999', 'as-of-in-the-future', 'to'],
  ['from=2&to=1', 'drift-reversed', 'from'],
  ['from=1&model=unknown', 'model-unknown', 'model'],
  ['from=1&model=markov&order=4', 'order-invalid', 'order'],
  ['from=1&by=nothing', 'cut-unknown', 'by'],
  ['from=1&channel=email', 'parameter-unknown', 'channel'],
  ['from=1&asOf=3', 'parameter-unknown', 'asOf'],
  ['from=1&periodFrom=2026-02-01&periodTo=2026-01-01', 'period-reversed', 'periodTo'],
  ['from=1&currency=EUR', 'currency-unknown', 'currency'],
])('the question %s is refused with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/attribution/drift?${query}`,
    'nobody',
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});

test('reports in two currencies have no difference', async () => {
  const { happen, drift } = space();
  const from = await happen(model(1), ...deal('900.00'));
  await happen(model(2, { currency: 'EUR' }));
  const { status, body } = await drift(`from=${from}`);
  expect([status, body]).toMatchObject([400, { code: 'currency-changed' }]);
});
