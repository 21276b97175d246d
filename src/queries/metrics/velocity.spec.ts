import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi, HEAD } from '../../../test/example-api.js';
import { day, opportunityEvents } from '../../../test/sample-events.js';
import type { AttributionAnswer } from '../attribution.js';
import type { VelocityAnswer } from './velocity.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const velocity = async (query = '') => (await api.get<VelocityAnswer>(`/api/metrics/velocity${query}`)).body;

test('velocity counts the opportunities closed in the period, their revenue and their days', async () => {
  expect(await velocity('?from=2026-01-01&to=2026-07-01')).toEqual({
    asOf: String(HEAD),
    modelVersion: 1,
    currency: 'USD',
    from: '2025-12-31T23:00:00.000Z',
    to: '2026-06-30T22:00:00.000Z',
    won: 3,
    lost: 0,
    winRate: 1,
    revenue: { amount: '128640.00', minor: 12_864_000, currency: 'USD' },
    revenuePerSale: { amount: '64320.00', minor: 6_432_000, currency: 'USD' },
    daysToWin: { p25: 32.5, median: 35, p75: 35 },
    unconverted: [
      {
        currency: 'JPY',
        amount: { amount: '500000', minor: 500_000, currency: 'JPY' },
        opportunities: ['opp-3'],
      },
    ],
    ...{ by: [], segment: null, rowsOverlap: false, rows: [], next: null },
  });
});

const rowsOf = async (query: string) =>
  (await velocity(query)).rows.map(({ label, won, revenue, revenuePerSale, daysToWin }) => [
    ...[label, won, revenue.amount, revenuePerSale?.amount ?? null, daysToWin?.median ?? null],
  ]);

test.each([
  [
    'persona',
    [
      ['Technical buyer', 1, '120000.00', '120000.00', 35],
      ['(none)', 2, '8640.00', '8640.00', 32.5],
    ],
  ],
  [
    'source',
    [
      ['webinar', 1, '120000.00', '120000.00', 35],
      ['(none)', 2, '8640.00', '8640.00', 32.5],
    ],
  ],
  [
    'campaign',
    [
      ['spring', 1, '120000.00', '120000.00', 35],
      ['(none)', 2, '8640.00', '8640.00', 32.5],
    ],
  ],
  [
    'owner',
    [
      ['rep-7', 1, '120000.00', '120000.00', 35],
      ['(none)', 2, '8640.00', '8640.00', 32.5],
    ],
  ],
  ['month', [['2026-03', 3, '128640.00', '64320.00', 35]]],
  [
    'month,source',
    [
      ['2026-03 | webinar', 1, '120000.00', '120000.00', 35],
      ['2026-03 | (none)', 2, '8640.00', '8640.00', 32.5],
    ],
  ],
])('velocity by %s adds up the opportunities of each cell', async (by, expected) =>
  expect(await rowsOf(`?by=${by}`)).toEqual(expected),
);

test('velocity has the same revenue as the report for any period', async () => {
  for (const period of ['', '?from=2026-03-02', '?to=2026-03-12', '?from=2026-03-02&to=2026-03-12']) {
    const report = await api.get<AttributionAnswer>(`/api/attribution${period}`);
    expect((await velocity(period)).revenue).toEqual(report.body.total);
  }
});

test('velocity of a period without closed opportunities has no rates', async () => {
  expect(await velocity('?from=2027-01-01')).toMatchObject({
    ...{ won: 0, lost: 0, winRate: null, revenuePerSale: null, daysToWin: null, unconverted: [] },
    revenue: { amount: '0.00' },
  });
});

test('velocity counts lost opportunities, but none after its position or of another workspace', async () => {
  const lost = opportunityEvents(
    'opp-4',
    { name: 'Umbrella', amount: '10.00', openedAt: day(50) },
    { status: 'lost', closedAt: day(82) },
  );
  await api.add('main', lost);
  await api.add(
    'other',
    opportunityEvents('opp-5', { amount: '7.00', openedAt: day(50) }, { status: 'won', closedAt: day(82) }),
  );
  await api.runner.catchUp();
  expect(await velocity()).toMatchObject({ won: 3, lost: 1, winRate: 0.75, daysToWin: { median: 35 } });
  expect(await velocity(`?asOf=${HEAD}`)).toMatchObject({ won: 3, lost: 0 });
  expect((await api.get<VelocityAnswer>('/api/metrics/velocity', 'other')).body).toMatchObject({
    ...{ won: 1, lost: 0 },
    revenue: { amount: '7.00' },
  });
});

test.each([
  ['currency=GBP', 'currency-unknown', 'currency'],
  ['from=2026-02-30', 'from-invalid', 'from'],
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['metric=pipeline', 'parameter-unknown', 'metric'],
  ['by=content', 'cut-unknown', 'by'],
])('velocity refuses %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/velocity?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
