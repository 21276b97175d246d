import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EXAMPLE_INVESTMENTS, invested } from '../../../test/example-investments.js';
import { type ExampleApi, exampleApi, HEAD } from '../../../test/example-api.js';
import { EXAMPLE_MODEL } from '../../../test/example-workspace.js';
import { entry } from '../../../test/sample-events.js';
import type { InvestmentPeriods } from '../../domain/model/lead-management.js';
import type { AttributionAnswer } from '../attribution.js';
import type { InvestmentsAnswer } from '../investments.js';
import type { PipelinePerDollarAnswer } from './pipeline-per-dollar.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', EXAMPLE_INVESTMENTS);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const report = async (query = '', workspace?: string) =>
  (await api.get<PipelinePerDollarAnswer>(`/api/metrics/pipeline-per-dollar${query}`, workspace)).body;
const rowsOf = async (query: string) =>
  (await report(query)).rows.map(({ key, month, value, invested: cost, perDollar }) => [
    ...[month, key, value.amount, cost.amount, perDollar],
  ]);

test('the worked example: webinars brought 3.870968 per dollar in January, and 20 in its last six days', async () => {
  expect((await rowsOf('?from=2026-01-01&to=2026-02-01'))[0]).toEqual([
    ...[null, 'webinar', '120000.00', '31000.00', 3.870968],
  ]);
  expect((await rowsOf('?from=2026-01-26&to=2026-02-01'))[0]).toEqual([
    ...[null, 'webinar', '120000.00', '6000.00', 20],
  ]);
});

test('pipeline per dollar adds up, and lists what has no rate or is for another dimension', async () => {
  const answer = await report('?from=2026-01-01&to=2026-03-01');
  expect(answer).toMatchObject({
    ...{ metric: 'pipeline', model: null, by: ['source'], currency: 'USD', opportunities: 2 },
    value: { amount: '128640.00' },
    // 31,000 + 28,000 of webinars, 10,000 EUR at 1.08 of the campaign, which is for the newsletter, 6,200 of a content
    invested: { amount: '76000.00' },
    elsewhere: { amount: '6200.00' },
    unattributed: { amount: '0.00' },
    unconverted: [{ currency: 'JPY', opportunities: ['opp-3'] }],
    unconvertedInvestments: [{ currency: 'JPY', amount: { amount: '500000' }, investments: ['fair-tokyo'] }],
  });
  expect(answer.rows.map(({ key, value, invested: cost }) => [key, value.amount, cost.amount])).toEqual([
    ['webinar', '120000.00', '59000.00'],
    [null, '8640.00', '0.00'],
    ['newsletter', '0.00', '10800.00'],
  ]);
});

test('months of investments add up to the period, and follow each other', async () => {
  expect(await rowsOf('?by=month')).toEqual([
    ['2026-01', null, '120000.00', '48000.00', 2.5],
    ['2026-02', null, '8640.00', '28000.00', 0.308571],
  ]);
  expect(await rowsOf('?by=source,month&to=2026-02-15')).toEqual([
    ['2026-01', 'webinar', '120000.00', '31000.00', 3.870968],
    ['2026-01', 'newsletter', '0.00', '10800.00', 0],
    ['2026-02', null, '8640.00', '0.00', null],
    ['2026-02', 'webinar', '0.00', '14000.00', 0],
  ]);
});

test.each([
  ['content', 'The guide to buying', '6200.00'],
  ['campaign', 'Spring launch', '10800.00'],
  ['channel', 'email', '10800.00'],
  ['source', 'newsletter', '10800.00'],
])(
  'credit of a model by %s is that of the attribution report, beside its investments',
  async (by, label, cost) => {
    const query = `?model=linear&by=${by}&metric=revenue`;
    const answer = await report(query);
    const credits = (await api.get<AttributionAnswer>(`/api/attribution${query}`)).body;
    expect(Object.fromEntries(credits.rows.map(({ key, value }) => [String(key), value.amount]))).toEqual(
      Object.fromEntries(
        answer.rows
          .filter(({ opportunities }) => opportunities > 0)
          .map(({ key, value }) => [String(key), value.amount]),
      ),
    );
    expect([answer.value, answer.unattributed]).toEqual([credits.total, credits.unattributed]);
    expect(answer.rows.find((row) => row.label === label)?.invested.amount).toBe(cost);
  },
);

test('the worked example: investments are spread over the personas of the buyers whom they engaged', async () => {
  const answer = await report('?by=persona&model=linear&from=2026-01-01&to=2026-02-01');
  expect(answer).toMatchObject({
    ...{ invested: { amount: '48000.00' }, perDollar: 2.5, elsewhere: { amount: '0.00' } },
    // Nobody came from webinars in January.
    unapportioned: { amount: '31000.00' },
  });
  // Half of the 10,800 of the campaign, and the 6,200 of the guide.
  expect(
    answer.rows.map(({ key, value, invested: cost, perDollar }) => [
      key,
      value.amount,
      cost.amount,
      perDollar,
    ]),
  ).toEqual([
    ['technical', '90000.00', '11600.00', 7.758621],
    ['economic', '30000.00', '5400.00', 5.555556],
  ]);
});

test('buyers in several segments are in the first of the journey model, with their credit and with what engaged them', async () => {
  const answer = await report('?by=segment&model=linear');
  const credits = (
    await api.get<AttributionAnswer>('/api/attribution?by=segment&model=linear&metric=pipeline')
  ).body;
  expect(answer.rows.map(({ key, value }) => [key, value])).toEqual(
    credits.rows.map(({ key, value }) => [key, value]),
  );
  expect(answer.rows.map(({ key, invested: cost }) => [key, cost.amount])).toEqual([
    ['price_readers', '17000.00'],
  ]);
});

test.each(['persona', 'persona,month', 'persona,period', 'segment', 'segment,month'])(
  'by %s the rows and what is unapportioned add up to what was invested, and times to those without',
  async (by) => {
    const [cut = ''] = by.split(',');
    const [answer, whole] = [await report(`?by=${by}&model=first`), await report(`?by=${cut}&model=first`)];
    const sums = (rows: typeof answer.rows) =>
      Object.fromEntries(
        [...Map.groupBy(rows, ({ key }) => key)].map(([key, cells]) => [
          key,
          cells.reduce((sum, { invested: { minor } }) => sum + (minor ?? 0), 0),
        ]),
      );
    const spread = answer.rows.reduce(
      (sum, { invested: { minor } }) => sum + (minor ?? 0),
      answer.unapportioned.minor ?? 0,
    );
    expect(spread).toBe(answer.invested.minor);
    expect(answer.invested).toEqual((await report()).invested);
    expect(sums(answer.rows)).toEqual(sums(whole.rows));
  },
);

test('a corrected investment changes the metric, but not as of before, nor of another workspace', async () => {
  const before = await report('?from=2026-01-01&to=2026-02-01');
  const query = `?from=2026-01-01&to=2026-02-01&asOf=${before.asOf}`;
  await api.add('main', [
    invested('webinar-2026-01', 6_200_000, ['2026-01-01', '2026-02-01'], ['source', 'webinar'], {}, 86),
    invested('credit-note', -200_000, ['2026-01-01', '2026-02-01'], ['source', 'webinar']),
  ]);
  await api.runner.catchUp();
  expect((await report('?from=2026-01-01&to=2026-02-01')).rows[0]).toMatchObject({
    ...{ key: 'webinar', invested: { amount: '60000.00' }, perDollar: 2 },
  });
  expect(await report(query)).toEqual(before);
  expect(await report(`?asOf=${HEAD}`)).toMatchObject({ invested: { amount: '0.00' }, perDollar: null });
  expect(await report('', 'other')).toMatchObject({ invested: { amount: '0.00' }, rows: [] });
});

test('investments are listed by period, filtered, in pages of one position', async () => {
  const list = async (query: string) =>
    (await api.get<InvestmentsAnswer>(`/api/investments${query}`)).body.items.map(
      (item) => item.investmentId,
    );
  expect(await list('?from=2026-02-01')).toEqual(['webinar-2026-02']);
  expect(await list('?source=Webinar&to=2026-02-01')).toEqual(['credit-note', 'webinar-2026-01']);
  expect(await list('?channel=event')).toEqual(['fair-tokyo']);
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const { body } = await api.get<InvestmentsAnswer>(`/api/investments?limit=2${cursor}`);
    seen.push(...body.items.map((item) => item.investmentId));
    if (body.next === null) break;
    cursor = `&cursor=${body.next}`;
  }
  expect(seen).toEqual(await list(''));
  expect(new Set(seen).size).toBe(6);
});

test('periods are those of the journey model, in fiscal quarters too, and months without any', async () => {
  const periods = async (query = '') =>
    (await report(`?by=period&to=2026-03-01${query}`)).rows.map(
      ({ period, month, value, invested: cost }) => [...[period, month, value.amount, cost.amount]],
    );
  const publish = async (investments: InvestmentPeriods, at: number) => {
    const document = { ...EXAMPLE_MODEL, investments };
    await api.add('main', [entry(`periods ${at}`, 'model', 'JourneyModelPublished', at, { document })]);
    await api.runner.catchUp();
  };
  const before = await report();
  expect(await periods()).toEqual([
    ['2026-01-01', null, '120000.00', '77000.00'],
    ['2026-02-01', null, '8640.00', '28000.00'],
  ]);
  await publish({ period: 'quarter', fiscalYearStart: 2 }, 88);
  expect(await periods()).toEqual([
    ['2025-11-01', null, '120000.00', '77000.00'],
    ['2026-02-01', null, '8640.00', '28000.00'],
  ]);
  await publish({ period: 'year' }, 89);
  expect(await periods()).toEqual([['2026-01-01', null, '128640.00', '105000.00']]);
  const credited = await report('?by=channel,period&model=linear&to=2026-03-01');
  expect(credited.rows.find(({ key }) => key === 'email')).toMatchObject({
    ...{ period: '2026-01-01', invested: { amount: '10800.00' } },
  });
  await publish({ period: 'week' }, 90);
  const weeks = await periods('&from=2026-01-26');
  expect(weeks.map(([period]) => period)).toEqual([
    '2026-01-26',
    '2026-02-02',
    '2026-02-09',
    '2026-02-16',
    '2026-02-23',
  ]);
  expect(await periods(`&asOf=${before.asOf}`)).toHaveLength(2);
});

test('credit notes are spread as amounts are, to the last cent', async () => {
  await api.add('main', [
    invested('spring-note', -1, ['2026-01-01', '2026-01-02'], ['campaign', 'spring']),
    invested('guide-note', -620_001, ['2026-01-01', '2026-01-02'], ['content', 'buying-guide']),
  ]);
  await api.runner.catchUp();
  const { rows } = await report('?by=persona&model=linear&from=2026-01-01&to=2026-02-01');
  expect(rows.map(({ key, invested: { minor } }) => [key, minor])).toEqual([
    // Of the campaign 10,799.99 in two parts, of the guide less than nothing.
    ['technical', 539_999 - 1],
    ['economic', 540_000],
  ]);
});

test.each([
  ['currency=GBP', 'currency-unknown', 'currency'],
  ['from=2026-02-30', 'from-invalid', 'from'],
  ['to=2026-02-01T00:00:00Z', 'to-invalid', 'to'],
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['by=campaign', 'model-missing', 'model'],
  ['model=linear&by=segment,source', 'cut-too-many', 'by'],
  ['by=month,period', 'cut-too-many', 'by'],
  ['by=persona', 'model-missing', 'model'],
  ['by=stage', 'cut-unknown', 'by'],
  ['model=best', 'model-unknown', 'model'],
  ['metric=clicks', 'metric-unknown', 'metric'],
])('pipeline per dollar refuses %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/pipeline-per-dollar?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
