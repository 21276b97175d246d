import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { leadIdOf } from '../domain/identity/keys.js';
import { day, opportunityEvents, pageView } from '../../test/sample-events.js';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import type { AttributionAnswer } from './attribution.js';
import type { LeadAnswer } from './lead.js';
import type { LeadsAnswer } from './leads.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const ADA = leadIdOf('main', 'email:ada@acme.example');

describe('another workspace with the same ids', () => {
  const twin = [
    pageView('twin', 2, ['email:ada@acme.example'], { content: { id: 'buying-guide', title: 'Theirs' } }),
    ...opportunityEvents('opp-1', { amount: '1.00', openedAt: day(10), accountId: 'acme' }),
  ];

  test('neither sees nor changes this workspace', async () => {
    const paths = [
      '/api/leads',
      `/api/leads/${ADA}`,
      '/api/accounts/acme',
      '/api/opportunities/opp-1',
      '/api/attribution',
    ];
    const ours = await Promise.all(paths.map((path) => api.get(`${path}?asOf=${HEAD}`)));
    await api.add('other', twin);
    await api.runner.catchUp();
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

  test('cannot use cursors of this workspace', async () => {
    const { body } = await api.get<LeadsAnswer>('/api/leads?limit=1');
    expect((await api.get(`/api/leads?limit=1&cursor=${body.next}`, 'other')).status).toBe(400);
  });
});

describe('freshness', () => {
  test('makes a query wait for its minPosition', async () => {
    const position = await api.add('main', [pageView('fresh', 89, ['email:eve@hooli.example'])]);
    const waiting = api.get<LeadAnswer>(`/api/leads/email:eve@hooli.example?minPosition=${position}`);
    setTimeout(() => void api.runner.catchUp(), 50);
    const { status, body } = await waiting;
    expect([status, body.email]).toEqual([200, 'eve@hooli.example']);
    expect(BigInt(body.asOf)).toBeGreaterThanOrEqual(position);
  });
});
