import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { leadIdOf } from '../domain/identity.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { Freshness } from '../projections/freshness.js';
import { ProjectionRunner } from '../projections/runner.js';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { day, deal, seen } from '../../test/deals.js';
import { EXAMPLE } from '../../test/example-workspace.js';
import { queryApi, type QueryApi } from '../../test/query-api.js';
import type { AccountAnswer } from './account.js';
import type { AttributionExplanation } from './attribution-explain.js';
import type { AttributionAnswer } from './attribution.js';
import type { LeadJourneyAnswer } from './lead-journey.js';
import type { LeadScoreAnswer } from './lead-score.js';
import type { LeadAnswer } from './lead.js';
import type { LeadsAnswer } from './leads.js';
import type { OpportunityAttributionAnswer } from './opportunity-attribution.js';
import type { ProblemItem } from './question.js';

let db: TestDatabase;
let api: QueryApi;
let runner: ProjectionRunner;
const store = new MemoryEventStore(() => day(90));
const HEAD = EXAMPLE.length;

beforeAll(async () => {
  db = await testDatabase();
  runner = new ProjectionRunner({ pool: db.pool, store, projections });
  await arrive(store, 'main', EXAMPLE);
  await runner.catchUp();
  api = await queryApi({ pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) });
});
afterAll(async () => {
  await api?.close();
  await runner?.stop();
  await db?.drop();
});

const ADA = leadIdOf('main', 'email:ada@acme.example');
const ADA_ALIAS = leadIdOf('main', 'anonymous:a-1');

describe('a lead', () => {
  test.each([ADA, ADA.toUpperCase(), ADA_ALIAS, 'email:Ada@Acme.example', 'anonymous:a-1'])(
    'is found by any id and key it has: %s',
    async (id) => {
      const { status, body } = await api.get<LeadAnswer>(`/api/leads/${encodeURIComponent(id)}`);
      expect([status, body.leadId, body.aliases]).toEqual([200, ADA, [ADA_ALIAS]]);
      expect(body).toMatchObject({
        persona: 'technical',
        stage: 'decide',
        lifecycle: 'customer',
        touchpoints: 4,
      });
    },
  );

  test('was somebody else before it was known', async () => {
    const { body } = await api.get<LeadAnswer>(`/api/leads/${ADA_ALIAS}?asOf=3`);
    expect(body).toMatchObject({ known: false, email: null, stage: null, lifecycle: 'raw', touchpoints: 1 });
    expect((await api.get('/api/leads/email:ada@acme.example?asOf=3')).status).toBe(404);
    expect((await api.get(`/api/leads/${ADA}?asOf=3`)).status).toBe(404);
  });

  test('has a journey with the event that gave each touchpoint to it', async () => {
    const { body } = await api.get<LeadJourneyAnswer>(`/api/leads/${ADA}/journey`);
    const claim = body.items[1]?.eventId;
    expect(body.items.map(({ kind, linkedBy }) => [kind, linkedBy])).toEqual([
      ['page_view', claim],
      ['content_download', null],
      ['page_view', claim],
      ['demo_request', null],
    ]);
    expect(body.items.map(({ stageAfter }) => stageAfter)).toEqual([null, 'explore', 'explore', 'decide']);
  });

  test('has a score that is the sum of its ledger', async () => {
    const { body } = await api.get<LeadScoreAnswer>(`/api/leads/${ADA}/score`);
    const days = (occurredAt: string): number => (Date.parse(body.at) - Date.parse(occurredAt)) / 86_400_000;
    const sum = body.items.reduce(
      (score, { points, occurredAt }) => score + points * 0.5 ** (days(occurredAt) / body.halfLifeDays),
      0,
    );
    expect(body.score).toBeCloseTo(sum, 2);
    expect(body.score).toBe((await api.get<LeadAnswer>(`/api/leads/${ADA}`)).body.score);
  });
});

describe('leads', () => {
  const emails = async (question: string): Promise<(string | null)[]> => {
    const { status, body } = await api.get<LeadsAnswer>(`/api/leads?${question}`);
    expect(status).toBe(200);
    return body.items.map(({ email }) => email);
  };

  test.each([
    ['sort=score', ['ada@acme.example', null, 'bob@acme.example']],
    ['sort=recent', [null, 'bob@acme.example', 'ada@acme.example']],
    ['email=ADA@acme.example', ['ada@acme.example']],
    ['email=nobody@acme.example', []],
    ['accountId=acme', ['ada@acme.example', 'bob@acme.example']],
    ['stage=evaluate', ['bob@acme.example']],
    ['persona=technical', ['ada@acme.example']],
    ['lifecycle=customer', ['ada@acme.example', 'bob@acme.example']],
    ['lifecycle=raw', [null]],
    ['minScore=1.5', ['ada@acme.example', null]],
    ['minScore=1.5&accountId=acme', ['ada@acme.example']],
    [`lifecycle=opportunity&asOf=${HEAD}`, []],
  ])('%s', async (question, expected) => expect(await emails(question)).toEqual(expected));

  test.each(['score', 'recent', 'leadId'])('come in pages of one moment, by %s', async (sort) => {
    const { body: all } = await api.get<LeadsAnswer>(`/api/leads?sort=${sort}`);
    const paged: unknown[] = [];
    let cursor = '';
    do {
      const { body } = await api.get<LeadsAnswer>(`/api/leads?sort=${sort}&limit=1${cursor}`);
      expect(body.asOf).toBe(all.asOf);
      paged.push(...body.items);
      cursor = body.next === null ? '' : `&cursor=${body.next}`;
    } while (cursor);
    expect(paged).toEqual(all.items);
  });

  test('have the lifecycle that BI shows', async () => {
    for (const asOf of [3, 8, 12, HEAD]) {
      const { body } = await api.get<LeadsAnswer>(`/api/leads?asOf=${asOf}&sort=leadId`);
      const { rows } = await db.pool.query<{ leadId: string; lifecycle: string }>(
        `SELECT lead_id AS "leadId", lifecycle FROM touchline.lead_lifecycle($1) WHERE workspace = 'main' ORDER BY 1`,
        [asOf],
      );
      expect(body.items.map(({ leadId, lifecycle }) => ({ leadId, lifecycle }))).toEqual(rows);
      for (const each of ['raw', 'engaged', 'opportunity', 'customer']) {
        const { body: chosen } = await api.get<LeadsAnswer>(`/api/leads?asOf=${asOf}&lifecycle=${each}`);
        expect(chosen.items.map(({ leadId }) => leadId).toSorted()).toEqual(
          rows.filter(({ lifecycle }) => lifecycle === each).map(({ leadId }) => leadId),
        );
      }
    }
  });
});

test('an account adds its people and deals up', async () => {
  const { body } = await api.get<AccountAnswer>('/api/accounts/acme');
  expect(body).toMatchObject({
    name: 'Acme',
    domain: 'acme.example',
    leads: 2,
    knownLeads: 2,
    touchpoints: 6,
  });
  expect(body.opportunities.map(({ opportunityId }) => opportunityId)).toEqual(['opp-1']);
  const { body: leads } = await api.get<LeadsAnswer>('/api/leads?accountId=acme');
  expect(body.score).toBeCloseTo(
    leads.items.reduce((sum, { score }) => sum + score, 0),
    6,
  );
});

test('a deal shows all models side by side, each adding up to its amount', async () => {
  const { body } = await api.get<OpportunityAttributionAnswer>('/api/opportunities/opp-1/attribution');
  expect(body.models).toHaveLength(9);
  for (const { model, attributed, unattributed } of body.models) {
    expect(attributed.minor + unattributed.minor).toBe(12_000_000);
    const credits = body.touches.reduce((sum, { credits }) => sum + (credits[model]?.amount.minor ?? 0), 0);
    expect(credits).toBe(attributed.minor);
  }
  expect(body.touches.map(({ milestones }) => milestones)).toEqual([
    ['first', 'lead_created'],
    [],
    [],
    ['opportunity_created'],
    ['close'],
  ]);
});

test('a deal without touches is unattributed with its whole amount; one that is not won has no revenue', async () => {
  const { body } = await api.get<OpportunityAttributionAnswer>('/api/opportunities/opp-2/attribution');
  expect(body.touches).toEqual([]);
  expect(new Set(body.models.map(({ unattributed }) => unattributed.amount))).toEqual(new Set(['8000.00']));
  expect(body.value).toEqual({ amount: '8640.00', minor: 864_000, currency: 'USD' });
  const before = await api.get<OpportunityAttributionAnswer>(
    '/api/opportunities/opp-1/attribution?asOf=8&metric=revenue',
  );
  expect(before.body).toMatchObject({ status: 'open', amount: { minor: 0 }, creditedAt: null, touches: [] });
});

describe('a report', () => {
  test('counts days in the time zone of the model', async () => {
    const inside = await api.get<AttributionAnswer>(
      '/api/attribution?metric=pipeline&from=2026-01-26&to=2026-01-27',
    );
    expect(inside.body).toMatchObject({ from: '2026-01-25T23:00:00.000Z', to: '2026-01-26T23:00:00.000Z' });
    expect(inside.body.total.amount).toBe('120000.00');
    const instants = await api.get<AttributionAnswer>(
      '/api/attribution?metric=pipeline&from=2026-01-26T00:00:00.001Z&to=2026-01-27T00:00:00Z',
    );
    expect(instants.body.total.amount).toBe('0.00');
  });

  test('lists what no rate is published for and never counts it as zero', async () => {
    const { body } = await api.get<AttributionAnswer>('/api/attribution');
    expect(body.unconverted).toEqual([
      {
        currency: 'JPY',
        amount: { amount: '500000', minor: 500_000, currency: 'JPY' },
        opportunities: ['opp-3'],
      },
    ]);
    expect(body.opportunities).toBe(2);
  });

  test('names touches without a campaign', async () => {
    const { body } = await api.get<AttributionAnswer>('/api/attribution?by=campaign');
    expect(body.rows.map(({ key, value }) => [key, value.amount])).toEqual([
      ['(none)', '96000.00'],
      ['spring', '24000.00'],
    ]);
    const { body: opened } = await api.get<AttributionExplanation>(
      '/api/attribution/explain?campaign=(none)',
    );
    expect(opened.value.amount).toBe('96000.00');
  });

  test('by month is in the order of time', async () => {
    const { body } = await api.get<AttributionAnswer>('/api/attribution?by=month,channel&metric=pipeline');
    const months = body.rows.map(({ keys }) => keys[0]);
    expect(months).toEqual(months.toSorted());
  });

  test('comes as a table, whole or in pages', async () => {
    const whole = await api.get('/api/attribution?format=csv');
    expect(whole.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'touchline-as-of': String(HEAD),
    });
    expect(whole.text.split('\r\n')).toHaveLength(5);
    const page = await api.get('/api/attribution?format=csv&limit=1');
    expect(page.text.split('\r\n')).toHaveLength(3);
    const rest = await api.get(
      `/api/attribution?format=csv&limit=2&cursor=${String(page.headers['touchline-next'])}`,
    );
    expect(whole.text).toContain(rest.text.split('\r\n').slice(1).join('\r\n'));
  });
});

test('a number is opened down to touchpoints, rule and the links between keys', async () => {
  const { body } = await api.get<AttributionExplanation>(
    '/api/attribution/explain?model=w_shaped&content=buying-guide',
  );
  expect(body.value.amount).toBe('72000.00');
  expect(body.rule).toMatchObject({
    model: 'w_shaped',
    modelVersion: 1,
    settings: { wShaped: [30, 30, 30, 10] },
  });
  const [item] = body.items;
  expect(item?.touches[0]).toMatchObject({
    identity: ['anonymous:a-1'],
    milestones: ['first', 'lead_created'],
    weight: 0.6,
  });
  expect(item?.touches[0]?.why).toEqual([
    { why: 'first', share: 0.3 },
    { why: 'lead_created', share: 0.3 },
  ]);
  const linkedBy = item?.touches[0]?.linkedBy;
  expect(item?.people[0]?.links).toMatchObject([
    { key: 'email:ada@acme.example', otherKey: 'anonymous:a-1', kind: 'claimed', eventId: linkedBy },
  ]);
});

describe('bad input', () => {
  test.each([
    ['/api/leads?limit=0', 400, 'limit-invalid', '1 to 1000'],
    ['/api/leads?stage=buy', 400, 'stage-unknown', 'explore, evaluate, decide'],
    ['/api/leads?persona=x', 400, 'persona-unknown', 'technical, economic'],
    ['/api/leads?lifecycle=hot', 400, 'lifecycle-unknown', 'raw, engaged, opportunity, customer'],
    ['/api/leads?minScore=high', 400, 'min-score-invalid', 'not a number'],
    ['/api/leads?mail=x', 400, 'parameter-unknown', 'email'],
    ['/api/leads?cursor=x', 400, 'cursor-invalid', 'next'],
    ['/api/leads?asOf=yesterday', 400, 'as-of-invalid', 'whole number'],
    ['/api/leads?asOf=999', 400, 'as-of-in-the-future', `0 to ${HEAD}`],
    ['/api/leads?minPosition=999', 400, 'min-position-in-the-future', `0 to ${HEAD}`],
    ['/api/leads/ada', 400, 'lead-id-invalid', 'email:'],
    ['/api/leads/email:', 400, 'lead-id-invalid', 'email:'],
    ['/api/leads/email:%00', 400, 'lead-id-invalid', 'email:'],
    ['/api/leads/email:nobody@acme.example', 404, 'lead-not-found', 'nobody@acme.example'],
    [
      `/api/leads/${leadIdOf('other', 'email:ada@acme.example')}/journey`,
      404,
      'lead-not-found',
      String(HEAD),
    ],
    ['/api/leads/email:ada@acme.example/journey?order=down', 400, 'order-unknown', 'asc, desc'],
    ['/api/accounts/nowhere', 404, 'account-not-found', 'nowhere'],
    ['/api/accounts/%00', 404, 'account-not-found', ''],
    ['/api/opportunities/opp-9', 404, 'opportunity-not-found', 'opp-9'],
    ['/api/opportunities/opp-9/attribution', 404, 'opportunity-not-found', 'opp-9'],
    ['/api/opportunities/opp-1/attribution?metric=profit', 400, 'metric-unknown', 'revenue, pipeline'],
    ['/api/opportunities?status=hot', 400, 'status-unknown', 'open, won, lost'],
    ['/api/attribution?model=frist', 400, 'model-unknown', 'first, last, last_non_direct, linear'],
    ['/api/attribution?by=colour', 400, 'cut-unknown', 'content, channel, campaign, source, month'],
    ['/api/attribution?by=content,channel,campaign,source', 400, 'cut-too-many', 'three'],
    ['/api/attribution?metric=clicks', 400, 'metric-unknown', 'revenue, pipeline'],
    ['/api/attribution?from=2026-02-30', 400, 'from-invalid', '2026-01-31'],
    ['/api/attribution?from=2026-03-01&to=2026-02-01', 400, 'period-reversed', 'before from'],
    ['/api/attribution?currency=EUR', 400, 'currency-unknown', 'USD'],
    ['/api/attribution?format=xml', 400, 'format-unknown', 'json, csv, ndjson'],
    ['/api/attribution/compare?models=first,best', 400, 'model-unknown', '"best"'],
    ['/api/attribution/explain?channel=radio', 400, 'channel-unknown', 'organic_search'],
    ['/api/attribution/explain?month=2026-13', 400, 'month-invalid', '2026-01'],
    ['/api/model?asOf=0', 404, 'model-not-found', '0'],
  ])('%s', async (path, status, code, told) => {
    const got = await api.get<ProblemItem>(path);
    expect([got.status, got.body.code]).toEqual([status, code]);
    expect(got.body.detail).toContain(told);
    expect(got.headers['content-type']).toContain('application/problem+json');
  });

  test('without a key there is no answer', async () => {
    const { statusCode } = await api.app.inject({ url: '/api/leads' });
    expect(statusCode).toBe(401);
  });
});

describe('another workspace with the same ids', () => {
  const twin = [
    seen('twin', 2, ['email:ada@acme.example'], { content: { id: 'buying-guide', title: 'Theirs' } }),
    ...deal('opp-1', { amount: '1.00', openedAt: day(10), accountId: 'acme' }),
  ];

  test('neither sees nor moves this one', async () => {
    const paths = [
      '/api/leads',
      `/api/leads/${ADA}`,
      '/api/accounts/acme',
      '/api/opportunities/opp-1',
      '/api/attribution',
    ];
    const ours = await Promise.all(paths.map((path) => api.get(`${path}?asOf=${HEAD}`)));
    await arrive(store, 'other', twin);
    await runner.catchUp();
    expect(await Promise.all(paths.map((path) => api.get(`${path}?asOf=${HEAD}`)))).toMatchObject(
      ours.map(({ text }) => ({ status: 200, text })),
    );
    const now = await api.get<LeadsAnswer>('/api/leads');
    expect(now.body.items).toHaveLength(3);

    const theirs = await api.get<LeadsAnswer>('/api/leads', 'other');
    expect(theirs.body.items.map(({ leadId }) => leadId)).toEqual([
      leadIdOf('other', 'email:ada@acme.example'),
    ]);
    expect((await api.get(`/api/leads/${ADA}`, 'other')).status).toBe(404);
    expect(
      (await api.get<{ amount: { amount: string } }>('/api/opportunities/opp-1', 'other')).body.amount.amount,
    ).toBe('1.00');
    const { body } = await api.get<AttributionAnswer>('/api/attribution?metric=pipeline', 'other');
    expect(body).toMatchObject({ modelVersion: 0, rows: [] });
  });

  test('cannot use its cursors', async () => {
    const { body } = await api.get<LeadsAnswer>('/api/leads?limit=1');
    expect((await api.get(`/api/leads?limit=1&cursor=${body.next}`, 'other')).status).toBe(400);
  });
});

describe('freshness', () => {
  test('an answer waits for the position it is asked to have seen', async () => {
    await arrive(store, 'main', [seen('fresh', 89, ['email:eve@hooli.example'])]);
    const position = await store.head();
    const waiting = api.get<LeadAnswer>(`/api/leads/email:eve@hooli.example?minPosition=${position}`);
    setTimeout(() => void runner.catchUp(), 50);
    const { status, body } = await waiting;
    expect([status, body.email]).toEqual([200, 'eve@hooli.example']);
    expect(BigInt(body.asOf)).toBeGreaterThanOrEqual(position);
  });
});
