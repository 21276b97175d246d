import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { day, opportunityEvents, roles, entry, pageView, type Entry } from '../../test/sample-events.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { queryApi, type QueryApi } from '../../test/query-api.js';
import type { OpportunityEvent } from '../domain/opportunity.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { AttributionAnswer } from './attribution.js';
import type { OpportunityAttributionAnswer } from './opportunity-attribution-items.js';

let db: TestDatabase;
let api: QueryApi;
let runner: SubscriptionRunner;
const store = new MemoryEventStore(() => day(301));
let workspace = '';
let tests = 0;

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
beforeEach(() => {
  workspace = `w${++tests}`;
});

/** @returns the position after them */
async function happen(...entries: Entry[]): Promise<string> {
  await arrive(store, workspace, entries);
  await runner.catchUp();
  return String(await store.head());
}
const get = <T>(path: string) => api.get<T>(path, workspace);
const model = entry('model', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL });
const later = (nr: number, type: OpportunityEvent['type'], at: number, data: object = {}): Entry => {
  const { stream, event } = entry(`later ${nr}`, 'opportunity-opp-1', type, at, {
    opportunityId: 'opp-1',
    ...data,
  });
  return { stream, event: { ...event, id: `9000000${nr}${event.id.slice(8)}` } };
};
const opened = (more: object = {}): Entry[] =>
  opportunityEvents('opp-1', {
    amount: '10.00',
    currency: 'EUR',
    openedAt: day(45),
    accountId: 'acme.example',
    stage: 'discovery',
    contacts: roles('kate@acme.example', 'austin@acme.example'),
    ...more,
  });

describe('the published journey of two people', () => {
  test('gives u_shaped credit to the ad seen first and to the form of the member known first', async () => {
    await happen(
      model,
      pageView('ad', 4, ['anonymous:kate'], { kind: 'ad_click' }),
      pageView('form', 19, ['email:austin@acme.example'], { kind: 'form_fill' }),
      pageView('webinar', 33, ['email:austin@acme.example'], { kind: 'webinar_attended' }),
      ...opened(),
      entry('mail', 'identity-kate', 'IdentityClaimed', 40, {
        identity: ['email:kate@acme.example', 'anonymous:kate'],
      }),
    );
    const { body } = await get<OpportunityAttributionAnswer>('/api/opportunities/opp-1/attribution');
    expect(
      body.touches.map(({ content, milestones, credits }) => [
        content,
        milestones.join('+'),
        credits['u_shaped']?.amount.minor ?? 0,
      ]),
    ).toEqual([
      ['content-ad', 'first', 500],
      ['content-form', 'lead_created', 500],
      ['content-webinar', 'opportunity_created', 0],
    ]);
  });
});

describe('an opportunity that is deleted', () => {
  test('disappears from lists, reports and lifecycles, and a later report restores it', async () => {
    const paths = [
      '/api/opportunities/opp-1',
      '/api/opportunities',
      '/api/attribution?metric=pipeline',
      '/api/opportunities/opp-1/attribution',
      '/api/leads/email:austin@acme.example',
    ];
    const before = await happen(model, pageView('form', 19, ['email:austin@acme.example']), ...opened());
    const answers = await Promise.all(paths.map((path) => get(path)));
    await happen(later(1, 'OpportunityDeleted', 50));
    expect(await get('/api/opportunities/opp-1')).toMatchObject({ status: 404 });
    expect(await get('/api/opportunities')).toMatchObject({ body: { items: [] } });
    const report = await get<AttributionAnswer>('/api/attribution?metric=pipeline');
    expect(report.body).toMatchObject({ opportunities: 0, total: { amount: '0.00' }, rows: [] });
    expect(await get(paths[4]!)).toMatchObject({ body: { lifecycle: 'engaged' } });

    const asOf = (path: string) => get(`${path}${path.includes('?') ? '&' : '?'}asOf=${before}`);
    expect((await Promise.all(paths.map(asOf))).map(({ text }) => text)).toEqual(
      answers.map(({ text }) => text),
    );

    await happen(later(2, 'OpportunityChanged', 48, { stage: 'proposal' }));
    expect(await get('/api/opportunities/opp-1')).toMatchObject({ status: 404 });
    await happen(later(3, 'OpportunityChanged', 51, { owner: 'rep-7' }));
    expect(await get('/api/opportunities/opp-1')).toMatchObject({
      body: { stage: 'proposal', owner: 'rep-7', status: 'open' },
    });
    expect((await get<AttributionAnswer>('/api/attribution?metric=pipeline')).body.total.amount).toBe(
      '10.00',
    );
  });
});

test('a change that is reported late does not override later ones, and earlier responses do not change', async () => {
  const before = await happen(model, ...opened(), later(1, 'OpportunityChanged', 60, { stage: 'proposal' }));
  const { text } = await get('/api/opportunities/opp-1');
  await happen(later(2, 'OpportunityChanged', 50, { stage: 'demo', amountMinor: 700 }));
  expect(await get('/api/opportunities/opp-1')).toMatchObject({
    body: { stage: 'proposal', amount: { amount: '7.00' } },
  });
  expect((await get(`/api/opportunities/opp-1?asOf=${before}`)).text).toBe(text);
});

test('an opportunity without contacts credits the leads of its account and changes no lifecycle', async () => {
  await happen(model, pageView('form', 19, ['email:austin@acme.example']), ...opened({ contacts: [] }));
  expect(await get('/api/opportunities/opp-1/attribution')).toMatchObject({
    body: { committee: 'account', touches: [{ content: 'content-form' }] },
  });
  expect(await get('/api/leads/email:austin@acme.example')).toMatchObject({ body: { lifecycle: 'engaged' } });
});
