import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi, HEAD } from '../../../test/example-api.js';
import { pageView } from '../../../test/sample-events.js';
import type { HooksAnswer } from './hooks.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const report = async (query = '', workspace?: string) =>
  (await api.get<HooksAnswer>(`/api/metrics/hooks${query}`, workspace)).body;
const cells = async (query: string) =>
  (await report(query)).rows.map(({ keys, label, buyers, touches }) => [
    ...[keys.join('+'), label, buyers, touches],
  ]);

test('the worked example: the guide reached Ada before any stage, the prices in stage explore', async () => {
  expect(await cells('?by=content,stage&to=2026-01-14')).toEqual([
    ['buying-guide+', 'The buying guide | (none)', 1, 2],
    ['pricing+explore', 'Pricing | Explore', 1, 1],
  ]);
});

test.each([
  [
    '',
    [
      ['pricing', 'Pricing', 3, 4],
      ['buying-guide', 'The buying guide', 1, 2],
      ['webinar-7', 'Live: from lead to revenue', 1, 1],
    ],
  ],
  [
    '?by=offer',
    [
      ['pricing', 'pricing', 3, 4],
      ['webinar', 'webinar', 1, 1],
      ['white_paper', 'white_paper', 1, 2],
    ],
  ],
  // The demo and the prices of January are visits of their own, which came from nowhere.
  [
    '?by=channel',
    [
      ['direct', 'direct', 1, 2],
      ['email', 'email', 2, 2],
      ['event', 'event', 1, 1],
      ['organic_search', 'organic_search', 1, 1],
      ['paid_search', 'paid_search', 1, 1],
    ],
  ],
  [
    '?by=persona',
    [
      ['economic', 'Economic buyer', 1, 2],
      ['technical', 'Technical buyer', 1, 4],
      ['', '(none)', 1, 1],
    ],
  ],
  [
    '?by=month',
    [
      ['2026-01', '2026-01', 2, 6],
      ['2026-03', '2026-03', 1, 1],
    ],
  ],
  [
    '?by=content&persona=technical',
    [
      ['buying-guide', 'The buying guide', 1, 2],
      ['pricing', 'Pricing', 1, 2],
    ],
  ],
  ['?by=content&stage=explore', [['pricing', 'Pricing', 1, 2]]],
  ['?by=content&from=2026-03-01', [['pricing', 'Pricing', 1, 1]]],
])('hooks%s counts each buyer once a cell', async (query, expected) => {
  expect([...(await cells(query))].sort()).toEqual([...expected].sort());
});

test('hooks are paged, ordered and the same as of a position, whatever arrived since', async () => {
  const before = await report('?by=channel');
  await api.add('main', [
    pageView('machine', 31, ['anonymous:bot'], { verdict: 'crawler', channel: 'event' }),
    pageView('sent', 31, ['email:ada@acme.example'], { kind: 'email_sent', channel: 'event' }),
    pageView('fair', 31, ['email:ada@acme.example'], { kind: 'event_attended', channel: 'event' }),
  ]);
  await api.runner.catchUp();
  expect((await report('?by=channel')).rows.find(({ key }) => key === 'event')).toMatchObject({
    buyers: 2,
    touches: 2,
  });
  expect(await report(`?by=channel&asOf=${HEAD}`)).toEqual(before);
  expect(await report('', 'other')).toMatchObject({ rows: [] });
  const first = await report(`?by=channel&asOf=${HEAD}&limit=2`);
  const second = await report(`?by=channel&limit=10&cursor=${first.next}`);
  expect([...first.rows, ...second.rows]).toEqual(before.rows);
});

test.each([
  ['by=colour', 'cut-unknown', 'by'],
  ['by=content,channel', 'cut-too-many', 'by'],
  ['persona=nobody', 'persona-unknown', 'persona'],
  ['stage=nowhere', 'stage-unknown', 'stage'],
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['model=linear', 'parameter-unknown', 'model'],
])('hooks refuse %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/hooks?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
