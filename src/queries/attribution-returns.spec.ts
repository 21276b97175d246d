import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXAMPLE_INVESTMENTS, invested } from '../../test/example-investments.js';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import type { AttributionAnswer } from './attribution.js';
import type { PipelinePerDollarAnswer } from './metrics/pipeline-per-dollar.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [
    ...EXAMPLE_INVESTMENTS,
    invested('mails', 4_000_000, ['2026-03-01', '2026-04-01'], ['channel', 'email']),
    invested('free', 0, ['2026-03-01', '2026-04-01'], ['channel', 'direct']),
  ]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const report = async (query: string) =>
  (await api.get<AttributionAnswer>(`/api/attribution?model=linear&${query}`)).body;
const rowsOf = ({ rows }: Pick<AttributionAnswer, 'rows'>) =>
  rows.map(({ keys, value, invested: cost, ratio }) => [
    ...[...keys, value.amount, cost?.amount ?? null, ratio],
  ]);

test('return on investment is what was earned beyond what was invested, and null without an investment', async () => {
  const answer = await report('metric=roi&by=channel');
  expect(rowsOf(answer)).toEqual([
    ['direct', '48000.00', '0.00', null],
    ['email', '24000.00', '50800.00', -0.527559],
    ['event', '24000.00', null, null],
    ['organic_search', '24000.00', null, null],
  ]);
});

test.each(['roi', 'pipeline_per_dollar'])(
  'the sums of %s are those of credit, and of what was invested',
  async (metric) => {
    const credited = await report(`metric=${metric === 'roi' ? 'revenue' : 'pipeline'}&by=source`);
    for (const options of ['', '&committee=account', '&roleWeights={"champion":2}', '&direct=drop']) {
      const answer = await report(`metric=${metric}&by=source${options}`);
      expect(answer).toMatchObject({ metric, total: credited.total, currency: 'USD' });
      expect(answer.attributed.minor! + answer.unattributed.minor!).toBe(answer.total.minor);
      const sum = (of: (row: AttributionAnswer['rows'][number]) => number) =>
        answer.rows.reduce((all, row) => all + of(row), 0);
      expect(sum(({ value }) => value.minor!)).toBe(answer.attributed.minor);
      const { invested: all, elsewhere, ratio, unconvertedInvestments } = answer.returns!;
      expect(sum((row) => row.invested?.minor ?? 0)).toBe(all.minor);
      // Of contents and of channels.
      expect(elsewhere.amount).toBe('46200.00');
      const whole = answer.selected.minor! / all.minor! - (metric === 'roi' ? 1 : 0);
      expect(ratio).toBeCloseTo(whole, 6);
      expect(unconvertedInvestments).toMatchObject([{ currency: 'JPY', investments: ['fair-tokyo'] }]);
    }
  },
);

test('pipeline per dollar has the rows of the metric of that name', async () => {
  for (const by of ['source', 'campaign,month', 'month', 'content']) {
    const period = 'from=2026-01-05&to=2026-03-01';
    const { rows } = await report(`metric=pipeline_per_dollar&by=${by}&${period}`);
    const path = `/api/metrics/pipeline-per-dollar?model=linear&by=${by}&${period}`;
    const { body } = await api.get<PipelinePerDollarAnswer>(path);
    const expected = body.rows.map(({ value, invested: cost, perDollar }) => [value, cost.minor, perDollar]);
    const found = rows.map(({ value, invested: cost, ratio }) => [value, cost?.minor ?? 0, ratio]);
    expect(found.toSorted()).toEqual(expected.toSorted());
  }
});

test('a filter by a cut of the report narrows down both', async () => {
  const answer = await report('metric=roi&by=channel,month&channel=email');
  expect(rowsOf(answer)).toEqual([
    ['email', '2026-03', '24000.00', '40000.00', -0.4],
    ['email', '2026-01', '0.00', '10800.00', -1],
  ]);
  expect(answer.returns).toMatchObject({ invested: { amount: '50800.00' }, ratio: -0.527559 });
  expect((await report('metric=roi&by=campaign&without=campaign')).returns).toMatchObject({
    ...{ invested: { minor: 0 }, ratio: null },
  });
});

test('as a table it has the columns of the investment', async () => {
  const { text } = await api.get('/api/attribution?model=linear&metric=roi&by=channel&format=csv');
  const [head, direct, email, event] = text.split('\r\n');
  expect(head).toMatch(/,modelVersion,invested,ratio$/);
  expect([direct, email, event].map((line) => line?.split(',').slice(-2))).toEqual([
    ['0.00', ''],
    ['50800.00', '-0.527559'],
    ['', ''],
  ]);
});

describe('what has no investments', () => {
  test.each([
    ['by=persona', 'cut-without-investments', 'by'],
    ['by=owner,source', 'cut-without-investments', 'by'],
    ['by=source,channel', 'cut-too-many', 'by'],
    ['by=source&channel=email', 'filter-without-investments', 'channel'],
    ['by=source&without=campaign', 'filter-without-investments', 'without'],
    ['by=source&from=2026-01-01T00:00:00Z', 'from-invalid', 'from'],
    ['by=source&currency=GBP', 'currency-unknown', 'currency'],
  ])('is refused: %s', async (query, code, name) => {
    const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(`/api/attribution?metric=roi&${query}`); // prettier-ignore
    expect([status, body.code, body.errors.map(({ path }) => path)]).toEqual([400, code, [name]]);
  });

  test('is explained by its credit', async () => {
    for (const path of ['explain', 'drift?from=1&x'])
      expect(
        (await api.get(`/api/attribution/${path}${path.includes('?') ? '&' : '?'}metric=roi`)).status,
      ).toBe(400);
  });
});
