import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { leadIdOf } from '../domain/identity/keys.js';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import type { AccountAnswer } from './account.js';
import type { LeadJourneyAnswer } from './lead-journey.js';
import type { LeadScoreAnswer } from './lead-score.js';
import type { LeadAnswer } from './lead.js';
import type { LeadsAnswer } from './leads.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const ADA = leadIdOf('main', 'email:ada@acme.example');
const ADA_ALIAS = leadIdOf('main', 'anonymous:a-1');

describe('a lead', () => {
  test.each([ADA, ADA.toUpperCase(), ADA_ALIAS, 'email:Ada@Acme.example', 'anonymous:a-1'])(
    'is found by any of its ids and keys: %s',
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

  test('had another id as of an earlier position, before it was identified', async () => {
    const { body } = await api.get<LeadAnswer>(`/api/leads/${ADA_ALIAS}?asOf=3`);
    expect(body).toMatchObject({ known: false, email: null, stage: null, lifecycle: 'raw', touchpoints: 1 });
    expect((await api.get('/api/leads/email:ada@acme.example?asOf=3')).status).toBe(404);
    expect((await api.get(`/api/leads/${ADA}?asOf=3`)).status).toBe(404);
  });

  test('has a journey with the event that assigned each touchpoint to it', async () => {
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

describe('the list of leads', () => {
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

  test.each(['score', 'recent', 'leadId'])('has pages as of one position, sorted by %s', async (sort) => {
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

  test('has the same lifecycle as schema bi', async () => {
    for (const asOf of [3, 8, 12, HEAD]) {
      const { body } = await api.get<LeadsAnswer>(`/api/leads?asOf=${asOf}&sort=leadId`);
      const { rows } = await api.db.pool.query<{ leadId: string; lifecycle: string }>(
        `SELECT lead_id AS "leadId", lifecycle FROM touchline.lifecycle_at($1) WHERE workspace = 'main' ORDER BY 1`,
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

test('an account adds up its leads and opportunities', async () => {
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
