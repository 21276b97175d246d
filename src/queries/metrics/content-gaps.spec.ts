import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EXAMPLE_INVESTMENTS } from '../../../test/example-investments.js';
import { type ExampleApi, exampleApi, HEAD } from '../../../test/example-api.js';
import { entry } from '../../../test/sample-events.js';
import type { ContentGapsAnswer } from './content-gaps.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', EXAMPLE_INVESTMENTS);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const report = async (query = '', workspace?: string) =>
  (await api.get<ContentGapsAnswer>(`/api/metrics/content-gaps${query}`, workspace)).body;
const gaps = async (query = '') =>
  (await report(query)).rows.map(({ persona, stage, leads, waiting }) => [persona, stage, leads, waiting]);

test('the worked example: nothing serves the economic buyer who evaluates, and one still waits', async () => {
  expect(await report()).toMatchObject({
    ...{ cells: 6, leadsWithoutPersona: 0 },
    rows: [
      {
        ...{ persona: 'economic', personaName: 'Economic buyer', stage: 'evaluate', stageName: 'Evaluate' },
        ...{ leads: 1, waiting: 1 },
      },
      // The guide of the model serves all who explore.
      { persona: 'technical', stage: 'evaluate', leads: 0, waiting: 0 },
    ],
  });
});

test('demand is that of the period', async () => {
  expect(await gaps('?to=2026-01-20')).toEqual([
    ['technical', 'evaluate', 0, 0],
    ['economic', 'evaluate', 0, 0],
  ]);
  expect((await gaps('?from=2026-02-01'))[0]).toEqual(['economic', 'evaluate', 1, 1]);
});

test('a content that is catalogued for a cell closes the gap, but not as of before, nor of another workspace', async () => {
  const before = await report(`?asOf=${HEAD}`);
  await api.add('main', [
    entry('case', 'content-case', 'ContentCatalogued', 86, {
      ...{ contentId: 'case', title: 'A case', serves: [{ persona: 'economic', stage: 'evaluate' }] },
    }),
  ]);
  await api.runner.catchUp();
  expect(await gaps()).toEqual([['technical', 'evaluate', 0, 0]]);
  expect(await report(`?asOf=${HEAD}`)).toEqual(before);
  expect(await report('', 'other')).toMatchObject({ cells: 0, rows: [] });
});

test.each([
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['by=persona', 'cut-meaningless', 'by'],
])('content gaps refuse %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/content-gaps?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
