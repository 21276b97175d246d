import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXAMPLE_INVESTMENTS } from '../../test/example-investments.js';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import { EXAMPLE_MODEL } from '../../test/example-workspace.js';
import { entry } from '../../test/sample-events.js';
import type { AttributionAnswer } from './attribution.js';
import type { CompareAnswer } from './attribution-compare-items.js';
import type { AttributionExplanation } from './attribution-explanation.js';
import type { OpportunityAttributionAnswer } from './opportunity-attribution-items.js';
import { CUTS } from './report-scope.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [
    ...EXAMPLE_INVESTMENTS,
    entry('webinar content', 'content-webinar-7', 'ContentCatalogued', 85, {
      ...{ contentId: 'webinar-7', title: 'From lead to revenue', type: 'webinar', author: 'J. Meyer' },
      publisher: { name: 'Acme', kind: 'ours' },
    }),
  ]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const report = async (query: string) =>
  (await api.get<AttributionAnswer>(`/api/attribution?model=linear&${query}`)).body;
const labelsOf = async (query: string) =>
  (await report(query)).rows.map(({ keys, label }) => [keys.join('+'), label]);

test('rows of contents and campaigns have the names of the catalogue', async () => {
  expect(Object.fromEntries(await labelsOf('by=content'))).toMatchObject({
    'buying-guide': 'The guide to buying',
    'webinar-7': 'From lead to revenue',
    pricing: 'Pricing',
  });
  expect(await labelsOf('by=campaign')).toContainEqual(['spring', 'Spring launch']);
  expect(await labelsOf('by=campaign,content')).toContainEqual([
    'spring+webinar-7',
    'Spring launch | From lead to revenue',
  ]);
  const { body } = await api.get<CompareAnswer>('/api/attribution/compare?by=campaign');
  expect(body.rows.map(({ label }) => label)).toContain('Spring launch');
});

test('rows of a position before the catalogue have the names of then', async () => {
  expect(await labelsOf(`by=campaign&asOf=${HEAD}`)).toContainEqual(['spring', 'spring']);
  expect(Object.fromEntries(await labelsOf(`by=content&asOf=${HEAD}`))).toMatchObject({
    'buying-guide': 'The buying guide',
  });
});

const experts = async (query: string) =>
  (await report(query)).rows.map(({ keys, value, opportunities, touches }) => [
    ...[...keys, value.amount, opportunities, touches],
  ]);

test.each([
  [
    'author',
    [
      ['J. Meyer', '48000.00', 1, 2],
      [null, '72000.00', 1, 3],
    ],
  ],
  [
    'publisher',
    [
      [null, '72000.00', 1, 3],
      ['Analysts Ltd', '24000.00', 1, 1],
      ['Acme', '24000.00', 1, 1],
    ],
  ],
  [
    'publisherKind',
    [
      [null, '72000.00', 1, 3],
      ['analyst', '24000.00', 1, 1],
      ['ours', '24000.00', 1, 1],
    ],
  ],
])('credit by %s adds up the contents of each, and an opportunity counts once', async (by, expected) => {
  expect((await experts(`by=${by}`)).sort()).toEqual([...expected].sort());
  const answer = await report(`by=${by}`);
  expect(answer.rows.reduce((sum, { value }) => sum + (value.minor ?? 0), 0)).toBe(answer.attributed.minor);
});

test('credit by author can be cut by content and month too', async () => {
  const rows = await experts('by=month,author,content');
  expect(rows).toContainEqual(['2026-03', 'J. Meyer', 'webinar-7', '24000.00', 1, 1]);
  const alone = await experts('by=content');
  expect(rows.map(([, , ...row]) => row).sort()).toEqual([...alone].sort());
});

test.each(['author=J. Meyer', 'publisher=Acme', 'publisherKind=analyst', 'without=author'])(
  'the row %s of a report is explained by the touches with its credit',
  async (asked) => {
    const [cut = '', key] = asked.startsWith('without') ? ['author', undefined] : asked.split('=');
    const { rows } = await report(`by=${cut}`);
    const row = rows.find((each) => each.key === (key ?? null));
    const { body } = await api.get<AttributionExplanation>(
      `/api/attribution/explain?model=linear&${asked.replace(' ', '%20')}`,
    );
    expect([body.value, body.touches]).toEqual([row?.value, row?.touches]);
  },
);

describe.each([...CUTS.map((cut) => [cut]), ['persona,contentType'], ['week,owner'], ['owner,content,week']])(
  'the rows of a report by %s',
  (by) => {
    const cuts = by.split(',');

    test('add up to what is attributed', async () => {
      const { rows, attributed } = await report(`by=${by}`);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.reduce((sum, { value }) => sum + (value.minor ?? 0), 0)).toBe(attributed.minor);
    });

    test('are explained one by one', async () => {
      for (const { keys, without, value, opportunities, touches } of (await report(`by=${by}`)).rows) {
        const asked = new URLSearchParams({ model: 'linear' });
        for (const [index, key] of keys.entries()) if (key !== null) asked.set(cuts[index] ?? '', key);
        if (without.length > 0) asked.set('without', without.join());
        const { body } = await api.get<AttributionExplanation>(
          `/api/attribution/explain?${asked.toString()}`,
        );
        expect(body).toMatchObject({ value, opportunities, touches });
        asked.set('by', by);
        const { body: filtered } = await api.get<AttributionAnswer>(`/api/attribution?${asked.toString()}`);
        expect(filtered).toMatchObject({ selected: value, rows: [{ keys, value, opportunities, touches }] });
      }
    });
  },
);

test('any two cuts at once add up to what is attributed', async () => {
  const faults: unknown[] = [];
  for (const [index, one] of CUTS.entries())
    for (const other of CUTS.slice(index + 1)) {
      const { rows, selected, attributed } = await report(`by=${one},${other}`);
      const sum = rows.reduce((all, { value }) => all + (value.minor ?? 0), 0);
      if (sum !== attributed.minor || selected.minor !== sum || rows.length === 0) faults.push([one, other]);
    }
  expect(faults).toEqual([]);
});

test('each touch counts for the persona of its lead, and for the owner and the week of its opportunity', async () => {
  expect(await experts('by=persona')).toEqual([
    ['technical', '72000.00', 1, 3],
    ['economic', '48000.00', 1, 2],
  ]);
  expect(await experts('by=owner')).toEqual([['rep-7', '120000.00', 1, 5]]);
  expect(await experts('by=week')).toEqual([['2026-W10', '120000.00', 1, 5]]);
  expect(await experts('by=contentStage')).toEqual([
    ['decide', '72000.00', 1, 3],
    ['explore', '24000.00', 1, 1],
    [null, '24000.00', 1, 1],
  ]);
  expect(await experts('by=segment')).toEqual([['price_readers', '120000.00', 1, 5]]);
  expect(await experts('by=accountSegment,rep')).toEqual([['price_readers', null, '120000.00', 1, 5]]);
  expect(await experts('by=contentType')).toEqual([
    ['pricing', '72000.00', 1, 3],
    ['webinar', '24000.00', 1, 1],
    ['white_paper', '24000.00', 1, 1],
  ]);
});

test('the stages of contents are those of the journey, also of paths that were written without them', async () => {
  const asked = [
    'by=contentStage',
    'by=content,contentStage,month',
    'by=channel,contentStage&committee=account',
  ];
  const before = await Promise.all(asked.map((each) => report(each)));
  // As each touch is looked up where a report reads the journey anyway.
  const joined = await report('by=contentStage,rep');
  expect(joined.rows.map(({ keys, value }) => [keys[0], value])).toEqual(
    before[0]?.rows.map(({ keys, value }) => [keys[0], value]),
  );
  await api.db.pool.query('UPDATE touchline_attribution_1.attribution_path SET content_stages = NULL');
  expect(await Promise.all(asked.map((each) => report(each)))).toEqual(before);
});

test('a filter of touches keeps the sums, one of opportunities narrows them down', async () => {
  const whole = await report('by=content');
  expect(whole).not.toHaveProperty('filter');
  expect(whole.selected).toEqual(whole.attributed);
  const webinars = await report('by=author&contentType=webinar');
  expect(webinars).toMatchObject({
    filter: { cut: { contentType: 'webinar' }, without: [] },
    ...{ total: whole.total, attributed: whole.attributed, selected: { amount: '24000.00' } },
    rows: [{ keys: ['J. Meyer'], value: { amount: '24000.00' } }],
  });
  const nobody = await report('by=content&owner=rep-8');
  expect(nobody).toMatchObject({ opportunities: 0, total: { minor: 0 }, selected: { minor: 0 }, rows: [] });
  const computed = await report('by=channel&minTouchesPerLead=1&persona=technical');
  expect(computed.rows.reduce((sum, { value }) => sum + (value.minor ?? 0), 0)).toBe(computed.selected.minor);
  expect(computed.selected.minor).toBeLessThan(computed.attributed.minor ?? 0);
});

test.each(['', '&minTouchesPerLead=1', '&channel=email'])(
  'a report in another currency with a rate adds up, each opportunity converted once (%s)',
  async (asked) => {
    const own = await report(`by=content${asked}`);
    const converted = await report(`by=content&currency=EUR${asked}`);
    expect(converted).toMatchObject({ currency: 'EUR', attributed: { amount: '111111.11' } });
    const sum = (rows: AttributionAnswer['rows']) =>
      rows.reduce((all, { value }) => all + (value.minor ?? 0), 0);
    expect(sum(converted.rows)).toBe(converted.selected.minor);
    expect((converted.attributed.minor ?? 0) + (converted.unattributed.minor ?? 0)).toBe(
      converted.total.minor,
    );
    for (const [index, { keys, value, touches }] of converted.rows.entries()) {
      expect(own.rows[index]).toMatchObject({ keys, touches });
      // Another currency has another last unit for each touch.
      expect(Math.abs((value.minor ?? 0) - (own.rows[index]?.value.minor ?? 0) / 1.08)).toBeLessThan(
        1 + touches,
      );
    }
    expect(converted.unconverted).toEqual(own.unconverted);
  },
);

test('a report in a currency without rates is refused, with those that have some', async () => {
  const { status, body } = await api.get<{ code: string; detail: string }>('/api/attribution?currency=JPY');
  expect([status, body.code]).toEqual([400, 'currency-unknown']);
  expect(body.detail).toContain(
    'allowed is USD, the currency of the journey model, or one that it has rates of: EUR',
  );
});

test('filters that contradict each other or have no form are refused by name', async () => {
  const { status, body } = await api.get<{ errors: { path: string; code: string }[] }>(
    '/api/attribution?campaign=spring&without=campaign&month=March&channel=pigeon',
  );
  expect([status, body.errors.map(({ path }) => path).sort()]).toEqual([
    400,
    ['channel', 'month', 'without'],
  ]);
  for (const path of ['/api/attribution', '/api/attribution/explain'])
    expect(await api.get(`${path}?segment=nobody`)).toMatchObject({
      status: 400,
      body: { code: 'segment-unknown' },
    });
});

test('experts before they were catalogued have no rows', async () =>
  expect((await experts(`by=author&asOf=${HEAD}`)).map(([key]) => key)).toEqual([null]));

test('an explained conversion names the rates of the day, and the version of the journey model that published them', async () => {
  const later = await api.add('main', [
    entry('model 2', 'model', 'JourneyModelPublished', 86, {
      document: {
        ...EXAMPLE_MODEL,
        rates: [
          { currency: 'JPY', date: '2026-01-01', rate: 0.0065 },
          ...EXAMPLE_MODEL.rates,
          { currency: 'EUR', date: '2026-03-01', rate: 1.1 },
        ],
      },
      by: 'ada@touchline.example',
    }),
  ]);
  await api.runner.catchUp();
  const conversion = async (query: string) => {
    const path = `/api/attribution/explain?opportunityId=opp-1&${query}`;
    const { amount, converted, value, rate, divisor } = (await api.get<AttributionExplanation>(path)).body.items[0]!; // prettier-ignore
    expect(converted).toEqual(value);
    return [amount.amount, converted.amount, rate, divisor];
  };
  const first = { currency: 'EUR', date: '2026-01-01', rate: 1.08, modelVersion: 1, position: '1' };
  const second = { ...first, date: '2026-03-01', rate: 1.1, modelVersion: 2, position: String(later) };
  const of = (rate: object) => expect.objectContaining(rate) as unknown;
  const before = `currency=EUR&asOf=${later - 1n}`;
  expect(await conversion(before)).toEqual(['120000.00', '111111.11', null, of(first)]);
  expect(await conversion('currency=EUR')).toEqual(['120000.00', '109090.91', null, of(second)]);
  expect(await conversion('currency=EUR&metric=pipeline')).toMatchObject({ 1: '111111.11', 3: of(first) });
  expect(await conversion('currency=JPY')).toMatchObject({ 1: '18461538', 3: of({ modelVersion: 2, currency: 'JPY' }) }); // prettier-ignore
  expect(await conversion('currency=USD')).toEqual(['120000.00', '120000.00', null, null]);
  const path = '/api/opportunities/opp-1/attribution?models=linear&currency=EUR';
  const { body } = await api.get<OpportunityAttributionAnswer>(path);
  expect(body).toMatchObject({
    currency: 'EUR',
    value: { amount: '109090.91' },
    rate: null,
    divisor: second,
  });
});
