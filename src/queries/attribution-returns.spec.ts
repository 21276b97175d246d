import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXAMPLE_INVESTMENTS, invested } from '../../test/example-investments.js';
import fc from 'fast-check';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import type { Json, QueryResponse } from '../../test/query-api.js';
import { day, opportunityEvents, pageView } from '../../test/sample-events.js';
import { convert } from '../domain/attribution/money.js';
import type { CompareAnswer } from './attribution-compare-items.js';
import type { AttributionExplanation } from './attribution-explanation.js';
import type { AttributionAnswer } from './attribution.js';
import type { ExplainedInvestment } from './explained-investments.js';
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

test('an explained return lists what was invested on which days, by way of which campaign, at which rate', async () => {
  const path =
    '/api/attribution/explain?model=linear&metric=roi&source=newsletter&from=2026-01-20&to=2026-03-01';
  const { metric, returns } = (await api.get<AttributionExplanation>(path)).body;
  expect(metric).toBe('roi');
  expect(returns).toEqual({
    ...{ invested: { amount: '4180.59', minor: 418_059, currency: 'USD' }, ratio: -1, count: 1 },
    items: [
      {
        ...{ investmentId: 'spring-agency', dimension: 'campaign', value: 'spring', note: null },
        amount: { amount: '10000.00', minor: 1_000_000, currency: 'EUR' },
        ...{ from: '2026-01-01', to: '2026-02-01', days: 31 },
        ...{ countedFrom: '2026-01-20', countedTo: '2026-02-01', countedDays: 12 },
        converted: { amount: '10800.00', minor: 1_080_000, currency: 'USD' },
        rate: expect.objectContaining({ currency: 'EUR', date: '2026-01-01', rate: 1.08, modelVersion: 1 }),
        divisor: null,
        invested: { amount: '4180.59', minor: 418_059, currency: 'USD' },
        ...{ position: expect.stringMatching(/^\d+$/), campaignPosition: expect.stringMatching(/^\d+$/) },
      },
    ],
  });
  const tokyo = (await api.get<AttributionExplanation>('/api/attribution/explain?metric=roi&channel=event')).body.returns; // prettier-ignore
  expect(tokyo).toMatchObject({ invested: null, ratio: null, count: 1 });
  expect(tokyo?.items).toMatchObject([{ investmentId: 'fair-tokyo', converted: null, invested: null, rate: null }]); // prettier-ignore
});

test('investments of an explained return are paged with its opportunities', async () => {
  const path = '/api/attribution/explain?model=linear&metric=pipeline_per_dollar&limit=2';
  const found: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body }: QueryResponse<AttributionExplanation> = await api.get(
      `${path}${cursor && `&cursor=${cursor}`}`,
    );
    expect(body.returns?.count).toBe(7);
    found.push(body.returns!.items.map(({ investmentId }) => investmentId));
    cursor = body.next;
  }
  const ids = found.flat();
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(7);
});

/** Deals with touches of several channels, sources and campaigns. */
const deals = fc.sample(
  fc.record({
    amount: fc.integer({ min: 0, max: 10 ** 6 }).map((minor) => (minor / 100).toFixed(2)),
    currency: fc.constantFrom('USD', 'EUR'),
    closed: fc.integer({ min: 35, max: 84 }),
    touches: fc.array(
      fc.record({
        channel: fc.constantFrom('email', 'event', 'direct'),
        source: fc.constantFrom('webinar', 'newsletter', undefined),
        campaign: fc.constantFrom('spring', 'brand', undefined),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
  { numRuns: 10, seed: 67 },
);

describe('every number of a return', () => {
  let asOf: bigint;
  beforeAll(async () => {
    asOf = await api.add(
      'main',
      deals.flatMap(({ amount, currency, closed, touches }, nr) => {
        const keys = [`email:buyer-${nr}@deals.example`] as const;
        return [
          ...touches.map(({ channel, source, campaign }, at) =>
            pageView(`deal-${nr}-${at}`, 5 + nr + at, keys, {
              channel,
              content: { id: at % 2 ? 'buying-guide' : 'pricing' },
              ...(source && { source }),
              ...(campaign && { campaign }),
            }),
          ),
          ...opportunityEvents(
            `deal-${nr}`,
            { amount, currency, openedAt: day(30), contacts: [{ keys: [...keys], role: 'buyer' }] },
            { status: 'won', closedAt: day(closed) },
          ),
        ];
      }),
    );
    await api.runner.catchUp();
  });

  const sum = (all: readonly { minor: number | null }[]) => all.reduce((add, { minor }) => add + minor!, 0);
  const asked = fc.record({
    metric: fc.constantFrom('roi' as const, 'pipeline_per_dollar' as const),
    by: fc.constantFrom('channel', 'source', 'campaign', 'content', 'month', 'channel,month', 'month,source'),
    period: fc.constantFrom('', 'from=2026-01-10&', 'from=2026-01-20&to=2026-03-17&', 'to=2026-02-15&'),
    model: fc.constantFrom('linear', 'w_shaped', 'markov', 'shapley'),
    options: fc.constantFrom('', '', '', '&committee=account', '&direct=drop'),
    currency: fc.constantFrom('USD', 'EUR'),
    named: fc.boolean(),
  });

  test('is explained by the opportunities and the investments that add up to it, and is the same in a comparison', async () => {
    const property = fc.asyncProperty(
      asked,
      async ({ metric, by, period, model, options, currency, named }) => {
        const question = `asOf=${asOf}&${period}metric=${metric}&currency=${currency}&limit=1000${options}`;
        const { rows, returns } = (await api.get<AttributionAnswer>(`/api/attribution?${question}&model=${model}&by=${by}`)).body; // prettier-ignore
        expect(rows.length).toBeGreaterThan(0);
        for (const { keys, value, invested: cost, ratio } of rows.slice(0, 4)) {
          const cuts = by.split(',');
          const cell = named
            ? `by=${by}&keys=${encodeURIComponent(JSON.stringify(keys))}`
            : cuts.map((cut, at) => (keys[at] === null ? `without=${cut}` : `${cut}=${keys[at]}`)).join('&');
          const path = `/api/attribution/explain?${question}&model=${model}&${cell}`;
          const { body } = await api.get<AttributionExplanation>(path);
          expect([path, body.value, body.returns?.invested, body.returns?.ratio]).toEqual([path, value, cost, ratio]); // prettier-ignore
          expect(sum(body.items.map((item) => item.value))).toBe(value.minor);
          const converted = body.returns!.items.filter((item) => item.invested !== null);
          expect(sum(converted.map((item) => item.invested!))).toBe(cost?.minor ?? 0);
          for (const item of converted) expect(item.converted!.minor).toBe(convertedMinor(item, currency));
        }
        const whole = await api.get<AttributionExplanation>(`/api/attribution/explain?${question}&model=${model}&by=${by}`); // prettier-ignore
        expect(whole.body.returns?.invested?.minor ?? 0).toBe(returns?.invested.minor);
        expect(whole.body.returns?.ratio).toBe(returns?.ratio);
        await checkCompared(question, by, model, rows);
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });

  /** Minor units of a whole investment, by the rates that it names. */
  function convertedMinor({ amount, rate, divisor }: Json<ExplainedInvestment>, to: string): number {
    if (amount.currency === to) return amount.minor!;
    expect([rate?.currency ?? 'USD', divisor?.currency ?? 'USD']).toEqual([amount.currency, to]);
    return Number(convert(BigInt(amount.minor!), amount.currency, to, rate?.rate ?? 1, divisor?.rate ?? 1));
  }

  async function checkCompared(
    question: string,
    by: string,
    model: string,
    rows: Json<AttributionAnswer>['rows'],
  ): Promise<void> {
    const path = `/api/attribution/compare?${question}&by=${by}&models=${model},first&baseline=first`;
    const { body } = await api.get<CompareAnswer>(path);
    expect(body.rows).toHaveLength(rows.length + body.rows.filter(({ values }) => values[model]!.touches === 0 && values['first']!.touches > 0).length); // prettier-ignore
    for (const { keys, invested: cost, values } of body.rows) {
      const row = rows.find((each) => JSON.stringify(each.keys) === JSON.stringify(keys));
      const [own, first] = [values[model]!, values['first']!];
      if (row) expect([own.value, cost, own.ratio]).toEqual([row.value, row.invested, row.ratio]);
      if (own.ratio === null) expect(own.ratioDifference).toBeNull();
      else expect(own.ratioDifference).toBeCloseTo(own.ratio! - first.ratio!, 6);
    }
  }
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

  test.each([
    ['compare?by=persona', 'cut-without-investments', 'by'],
    ['compare?by=source&channel=email', 'filter-without-investments', 'channel'],
    ['explain?persona=technical', 'cut-without-investments', 'persona'],
    ['explain?without=owner', 'cut-without-investments', 'without'],
    ['explain?source=webinar&channel=email', 'cut-too-many', 'source'],
    ['explain?by=source&channel=email', 'filter-without-investments', 'channel'],
    ['explain?by=source&keys=["webinar"]&opportunityId=opp-1', 'filter-without-investments', 'opportunityId'],
    ['explain?from=2026-01-01T00:00:00Z', 'from-invalid', 'from'],
    ['drift?from=1', 'metric-unknown', 'metric'],
  ])('is neither compared nor explained: %s', async (query, code, name) => {
    const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(`/api/attribution/${query}&metric=roi`); // prettier-ignore
    expect([status, body.code, body.errors.map(({ path }) => path)]).toEqual([400, code, [name]]);
  });
});

describe('the row to explain may be named by the keys of a report', () => {
  test.each([
    ['by=channel&keys=email', 'keys-invalid'],
    ['by=channel&keys=["email","spring"]', 'keys-invalid'],
    ['by=channel&keys=[7]', 'keys-invalid'],
    ['by=channel&keys=[""]', 'keys-invalid'],
    ['by=channel&keys=["pigeon"]', 'channel-unknown'],
    ['by=month&keys=["March"]', 'month-invalid'],
    ['by=channel&keys=[null]', 'cut-unknown'],
    [`by=campaign&keys=${encodeURIComponent('["a\\u0000"]')}`, 'campaign-invalid'],
    ['by=channel&keys=["email"]&channel=direct', 'keys-contradictory'],
    ['by=campaign&keys=[null]&campaign=spring', 'keys-contradictory'],
    ['by=campaign&keys=["spring"]&without=campaign', 'keys-contradictory'],
  ])('%s is refused with %s', async (query, code) => {
    const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(`/api/attribution/explain?${query}`); // prettier-ignore
    expect([status, body.code, body.errors.map(({ path }) => path)]).toEqual([400, code, ['keys']]);
  });

  test('of a report that is narrowed down, over whose opportunities a chain is built', async () => {
    for (const options of ['model=markov&month=2026-02', 'model=shapley&month=2026-03']) {
      const { rows, basis } = (await api.get<AttributionAnswer>(`/api/attribution?${options}&by=channel`))
        .body;
      expect(rows.length).toBeGreaterThan(0);
      for (const { keys, value } of rows) {
        const path = `/api/attribution/explain?${options}&by=channel&keys=${JSON.stringify(keys)}`;
        const { body } = await api.get<AttributionExplanation>(path);
        expect([body.value, body.basis, body.by]).toEqual([value, basis, ['channel']]);
        expect(body.filter).toMatchObject({ cut: { month: options.slice(-7) } });
      }
    }
  });
});
