import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import type { CompareAnswer } from './attribution-compare-items.js';
import type { AttributionExplanation } from './attribution-explanation.js';
import type { AttributionAnswer } from './attribution.js';
import type { OpportunityAttributionAnswer } from './opportunity-attribution-items.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

test('an opportunity has the credits of all models, each adding up to its amount', async () => {
  const { body } = await api.get<OpportunityAttributionAnswer>('/api/opportunities/opp-1/attribution');
  expect(body.models).toHaveLength(9);
  for (const { model, attributed, unattributed } of body.models) {
    expect(Number(attributed.minor) + Number(unattributed.minor)).toBe(12_000_000);
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

test('an opportunity without touches is unattributed, and one that is not won has no revenue', async () => {
  const { body } = await api.get<OpportunityAttributionAnswer>('/api/opportunities/opp-2/attribution');
  expect(body.touches).toEqual([]);
  expect(new Set(body.models.map(({ unattributed }) => unattributed.amount))).toEqual(new Set(['8000.00']));
  expect(body.value).toEqual({ amount: '8640.00', minor: 864_000, currency: 'USD' });
  const before = await api.get<OpportunityAttributionAnswer>(
    '/api/opportunities/opp-1/attribution?asOf=8&metric=revenue',
  );
  expect(before.body).toMatchObject({ status: 'open', amount: { minor: 0 }, creditedAt: null, touches: [] });
});

describe('an attribution report', () => {
  test('counts days in the time zone of the journey model', async () => {
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

  test('lists opportunities without an exchange rate and never counts them as zero', async () => {
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

  test('has a row for touches without a campaign', async () => {
    const { body } = await api.get<AttributionAnswer>('/api/attribution?by=campaign');
    expect(body.rows.map(({ key, value }) => [key, value.amount])).toEqual([
      [null, '96000.00'],
      ['spring', '24000.00'],
    ]);
    const { body: opened } = await api.get<AttributionExplanation>(
      '/api/attribution/explain?without=campaign',
    );
    expect(opened.value.amount).toBe('96000.00');
  });

  test('by month is sorted by time', async () => {
    const { body } = await api.get<AttributionAnswer>('/api/attribution?by=month,channel&metric=pipeline');
    const months = body.rows.map(({ keys }) => keys[0]);
    expect(months).toEqual(months.toSorted());
  });

  test('is available as a table, complete or in pages', async () => {
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

test('compared models differ from the first by amounts that add up to nothing', async () => {
  const { body } = await api.get<CompareAnswer>(
    '/api/attribution/compare?models=first,linear,last&by=channel',
  );
  for (const { values } of body.rows)
    for (const { value, difference } of Object.values(values))
      expect(difference.minor).toBe(Number(value.minor) - Number(values['first']?.value.minor));
  for (const model of body.models) {
    const differences = body.rows.map(({ values }) => Number(values[model]?.difference.minor));
    expect(differences.reduce((sum, each) => sum + each, 0)).toBe(0);
  }
  expect(body.rows.some(({ values }) => Number(values['last']?.difference.minor) < 0)).toBe(true);
});

test('a number can be explained by touchpoints, the rule and the links between keys', async () => {
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
    { why: 'first', share: 0.3, sharedBy: 1 },
    { why: 'lead_created', share: 0.3, sharedBy: 1 },
  ]);
  const linkedBy = item?.touches[0]?.linkedBy;
  expect(item?.people[0]?.links).toMatchObject([
    { key: 'email:ada@acme.example', otherKey: 'anonymous:a-1', kind: 'claimed', eventId: linkedBy },
  ]);
});
