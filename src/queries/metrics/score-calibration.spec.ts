import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi, HEAD } from '../../../test/example-api.js';
import { day, opportunityEvents } from '../../../test/sample-events.js';
import type { ScoreCalibrationAnswer } from './score-calibration-answer.js';

const lost = opportunityEvents(
  'opp-4',
  { name: 'Umbrella', amount: '10.00', openedAt: day(50), source: 'Webinar' },
  { status: 'lost', closedAt: day(82) },
);
const open = opportunityEvents('opp-5', { name: 'Wayne', amount: '10.00', openedAt: day(51) });

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [...lost, ...open]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const report = async (query = '', workspace?: string) =>
  (await api.get<ScoreCalibrationAnswer>(`/api/metrics/score-calibration${query}`, workspace)).body;

test('the worked example: one that was won had a higher score than the one that was lost, two had the same', async () => {
  const answer = await report();
  expect(answer).toMatchObject({
    ...{ won: 3, lost: 1, open: 1, halfLifeDays: 30 },
    winRate: { rate: 0.75, low: 0.300642, high: 0.954413 },
    auc: { area: 0.666667 },
  });
  // Ada's points at the opening: the demo half a day before, the guide and page views three weeks before, decayed.
  expect(answer.deciles[0]).toMatchObject({
    ...{ decile: 1, opportunities: 0.4, won: 0.4, lift: 1.333333 },
    winRate: { rate: 1 },
  });
  expect(answer.deciles[0]?.highestScore).toBeGreaterThan(40);
  expect(answer.deciles.at(-1)).toMatchObject({ opportunities: 0.4, highestScore: 0, lowestScore: 0 });
  expect(answer.deciles.reduce((sum, { won }) => sum + won, 0)).toBeCloseTo(3);
});

test('the score is that of the lead at the opening, not that of today', async () => {
  const { body } = await api.get<{ items: { occurredAt: string; scoreAfter: number }[] }>(
    '/api/leads/email:ada@acme.example/score',
  );
  const last = body.items.filter(({ occurredAt }) => occurredAt <= day(25).toISOString()).at(-1);
  const age = +day(25) - Date.parse(last?.occurredAt ?? '');
  const { deciles } = await report();
  expect(deciles[0]?.highestScore).toBeCloseTo((last?.scoreAfter ?? 0) * 0.5 ** (age / 86_400_000 / 30), 1);
});

test('rows by source have the outcomes of each, and spellings of a source are one', async () => {
  const { rows } = await report('?by=source');
  expect(rows.map(({ label, won, lost: without, auc }) => [label, won, without, auc?.area ?? null])).toEqual([
    ['webinar', 1, 1, 1],
    ['(none)', 2, 0, null],
  ]);
});

test('a period has the opportunities opened in it', async () => {
  expect(await report('?from=2026-02-01')).toMatchObject({ won: 2, lost: 1, auc: { area: 0.5 } });
  expect(await report('?to=2026-01-01')).toMatchObject({
    ...{ won: 0, lost: 0, auc: null, deciles: [], winRate: { rate: null, low: null, high: null } },
  });
});

test('calibration as of a position is the same for ever, and that of another workspace has nothing', async () => {
  const before = await report(`?asOf=${HEAD}`);
  expect(before).toMatchObject({ won: 3, lost: 0, open: 0, auc: null });
  expect(await report('', 'other')).toMatchObject({ won: 0, lost: 0, rows: [] });
});

test.each([
  ['by=content', 'cut-unknown', 'by'],
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['currency=USD', 'parameter-unknown', 'currency'],
])('score calibration refuses %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/score-calibration?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
