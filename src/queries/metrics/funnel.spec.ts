import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { IdentityKey } from '../../domain/identity/keys.js';
import { leadIdOf } from '../../domain/identity/keys.js';
import { type ExampleApi, exampleApi, HEAD } from '../../../test/example-api.js';
import { EXAMPLE } from '../../../test/example-workspace.js';
import { day, type Entry, entry, opportunityEvents, pageView } from '../../../test/sample-events.js';
import type { FunnelAnswer, FunnelItem } from './funnel.js';
import type { VelocityAnswer } from './velocity.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const report = async (query = '', workspace?: string) =>
  (await api.get<FunnelAnswer>(`/api/metrics/funnel${query}`, workspace)).body;
const counts = ({ steps }: Pick<FunnelItem, 'steps'>) => steps.map(({ leads }) => leads);

test('the worked example: two of three engaged, and both are contacts of an opportunity that was won', async () => {
  const answer = await report();
  expect(answer.steps.map(({ step, leads, rate, ofLeads }) => [step, leads, rate, ofLeads])).toEqual([
    ['lead', 3, null, 1],
    ['engaged', 2, 0.666667, 0.666667],
    ['qualified', 0, 0, 0],
    ['accepted', 0, null, 0],
    ['opportunity', 2, null, 0.666667],
    ['won', 2, 1, 0.666667],
  ]);
  expect(answer.steps.at(-1)?.medianDays).toBe(35);
});

test.each([
  [
    'persona',
    [
      ['Economic buyer', [1, 1, 0, 0, 1, 1]],
      ['Technical buyer', [1, 1, 0, 0, 1, 1]],
      ['(none)', [1, 0, 0, 0, 0, 0]],
    ],
  ],
  [
    'source',
    [
      ['google', [2, 1, 0, 0, 1, 1]],
      ['(none)', [1, 1, 0, 0, 1, 1]],
    ],
  ],
  [
    'campaign',
    [
      ['brand', [1, 0, 0, 0, 0, 0]],
      ['spring', [1, 1, 0, 0, 1, 1]],
      ['(none)', [1, 1, 0, 0, 1, 1]],
    ],
  ],
  [
    'month',
    [
      ['2026-01', [2, 2, 0, 0, 2, 2]],
      ['2026-03', [1, 0, 0, 0, 0, 0]],
    ],
  ],
])('the funnel by %s has each lead once', async (by, expected) => {
  const { rows } = await report(`?by=${by}`);
  expect(rows.map((row) => [row.label, counts(row)]).sort()).toEqual([...expected].sort());
});

test('a period has the leads whose first touch lies in it', async () => {
  expect(counts(await report('?from=2026-02-01'))).toEqual([1, 0, 0, 0, 0, 0]);
  expect(counts(await report('?to=2026-01-10'))).toEqual([1, 1, 0, 0, 1, 1]);
});

/** Of a published study: share of leads passed on to sales, share of these that were won, revenue a sale. */
const STUDY = [
  { source: 'managed', leads: 3205, passedOn: 125, won: 8, amount: '250000.00', rates: [0.039002, 0.064] },
  { source: 'loose', leads: 400, passedOn: 300, won: 3, amount: '60000.00', rates: [0.75, 0.01] },
  {
    source: 'none at all',
    leads: 1177,
    passedOn: 1000,
    won: 1,
    amount: '50000.00',
    rates: [0.849618, 0.001],
  },
];

const leadOf = (source: string, number: number): IdentityKey =>
  `email:${number}@${source.replaceAll(' ', '-')}.example`;

const cohort = ({ source, leads, passedOn, won, amount }: (typeof STUDY)[number]): Entry[] =>
  Array.from({ length: leads }, (_, number) => {
    const key = leadOf(source, number);
    const name = `${source} ${number}`;
    const leadId = leadIdOf('main', key);
    const qualified = entry(`q ${name}`, `lead-${leadId}`, 'LeadQualified', 20, {
      ...{ leadId, cycle: 1, modelVersion: 1, score: 50, grade: 'B', reasons: [] },
    });
    const opportunity = opportunityEvents(
      `opp ${name}`,
      { name, amount, source, openedAt: day(30), contacts: [{ keys: [key], role: 'user' }] },
      { status: 'won', closedAt: day(60) },
    );
    return [
      pageView(name, 10, [key], { source }),
      ...(number < passedOn ? [qualified] : []),
      ...(number < won ? opportunity : []),
    ];
  }).flat();

test("the published study's figures come out of three generated cohorts", async () => {
  const before = await report(`?asOf=${HEAD}`);
  await api.add('main', STUDY.flatMap(cohort));
  await api.runner.catchUp();
  const { rows } = await report('?by=source');
  const { body: sales } = await api.get<VelocityAnswer>('/api/metrics/velocity?by=source');
  for (const { source, leads, passedOn, won, amount, rates } of STUDY) {
    const steps = rows.find(({ key }) => key === source)?.steps ?? [];
    expect(steps.map((step) => step.leads)).toEqual([leads, leads, passedOn, 0, won, won]);
    expect([steps[2]?.rate, won / passedOn]).toEqual(rates);
    expect(steps[2]?.medianDays).toBe(10);
    expect(sales.rows.find(({ key }) => key === source)?.revenuePerSale?.amount).toBe(amount);
  }
  expect(await report(`?asOf=${HEAD}`)).toEqual(before);
  expect(counts(await report('', 'other'))).toEqual([0, 0, 0, 0, 0, 0]);
}, 60_000);

test('a known lead without points is not engaged, now nor at a position before', async () => {
  const mail = pageView('pointless', 1, ['email:ann@pointless.example'], { kind: 'email_delivered' });
  await api.add('pointless', [...EXAMPLE.slice(0, 1), mail]);
  await api.runner.catchUp();
  const answer = await report('', 'pointless');
  expect(counts(answer)).toEqual([1, 0, 0, 0, 0, 0]);
  await api.add('pointless', [pageView('points', 2, ['email:ann@pointless.example'])]);
  await api.runner.catchUp();
  expect(counts(await report('', 'pointless'))).toEqual([1, 1, 0, 0, 0, 0]);
  expect(await report(`?asOf=${answer.asOf}`, 'pointless')).toEqual(answer);
});

test.each([
  ['by=content', 'cut-unknown', 'by'],
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['model=linear', 'parameter-unknown', 'model'],
])('the funnel refuses %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/funnel?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
