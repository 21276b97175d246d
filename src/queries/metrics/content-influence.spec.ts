import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { pageView } from '../../../test/sample-events.js';
import type { AttributionAnswer } from '../attribution.js';
import type { ContentInfluenceAnswer } from './content-influence.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', EXAMPLE_READERS);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const report = async (query = '', workspace?: string) =>
  (await api.get<ContentInfluenceAnswer>(`/api/metrics/content-influence${query}`, workspace)).body;
const rowOf = async (content: string, query = '') => {
  const row = (await report(query)).rows.find(({ keys }) => keys[0] === content);
  return row && [row.leads, row.compared, row.advancedWith, row.advancedWithout, row.lift];
};

const JANUARY = '?from=2026-01-04&to=2026-02-01&stage=explore';

test('the worked example: one of two advanced with the case study, none of two without it', async () => {
  // Ada is in explore too, from 4 January on: with the prices she advanced on the 25th.
  expect(await rowOf('case-study', '?from=2026-01-06&to=2026-01-12&stage=explore')).toEqual([
    2,
    2,
    0.5,
    0,
    null,
  ]);
  expect(await rowOf('blog', '?from=2026-01-06&to=2026-01-12&stage=explore')).toEqual([2, 2, 0, 0.5, 0]);
});

test('leads without the content are followed from their first touch in the month', async () => {
  // Of those without the case study Ada advanced on 25 January, 21 days after her first touch in explore, Emil and Fred did not.
  expect(await rowOf('case-study', JANUARY)).toEqual([2, 2, 0.5, 0.333333, 1.5]);
});

test('the days limit how late a lead may advance', async () => {
  expect(await rowOf('case-study', `${JANUARY}&withinDays=9`)).toEqual([2, 2, 0, 0, null]);
  expect(await rowOf('blog', `${JANUARY}&withinDays=60`)).toEqual([2, 2, 0.5, 0.666667, 0.75]);
});

test('a move that the touch itself causes does not count', async () => {
  // All who downloaded the primer entered explore by it; what counts is that Carla asked for a demo later.
  expect(await rowOf('primer', JANUARY)).toEqual([4, 4, 0.25, 1, 0.25]);
});

test('a content that all leads of a persona, stage and month touched is compared with nobody', async () => {
  expect(await rowOf('webinar-7')).toEqual([1, 0, null, null, null]);
});

test('the credit is that of the attribution report', async () => {
  const credits = (await api.get<AttributionAnswer>('/api/attribution?model=first')).body.rows;
  for (const { key, credit } of (await report('?model=first')).rows)
    expect(credit?.amount).toBe(credits.find((row) => row.key === key)?.value.amount ?? '0.00');
});

test('cells of persona, stage and month have the leads of each', async () => {
  const { rows } = await report('?by=month,content,stage,persona');
  expect(rows.find(({ keys }) => keys[1] === 'case-study')).toMatchObject({
    ...{ keys: ['2026-01', 'case-study', 'explore', 'technical'], leads: 2, compared: 2, credit: null },
    label: '2026-01 | case-study | Explore | Technical buyer',
  });
});

test('what arrived later changes the report, but not as of before, nor of another workspace', async () => {
  const before = await report(JANUARY);
  await api.add('main', [
    pageView('dora asks', 17, ['email:dora@reader.example'], {
      kind: 'demo_request',
      content: { id: 'pricing' },
    }),
  ]);
  await api.runner.catchUp();
  expect(await rowOf('case-study', JANUARY)).toEqual([2, 2, 1, 0.333333, 3]);
  expect(await report(`${JANUARY}&asOf=${before.asOf}`)).toEqual(before);
  expect(await report('', 'other')).toMatchObject({ rows: [] });
});

test.each([
  ['by=persona', 'cut-missing', 'by'],
  ['by=colour', 'cut-unknown', 'by'],
  ['by=content,source', 'cut-meaningless', 'by'],
  ['withinDays=0', 'within-days-invalid', 'withinDays'],
  ['stage=nowhere', 'stage-unknown', 'stage'],
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['model=best', 'model-unknown', 'model'],
])('content influence refuses %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/content-influence?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
