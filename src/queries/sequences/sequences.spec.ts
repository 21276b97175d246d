import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { EXAMPLE_SALES } from '../../../test/example-sales.js';
import { day, opportunityEvents, pageView } from '../../../test/sample-events.js';
import type { SequenceItem, SequencesAnswer } from './sequence-answer.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('sales', EXAMPLE_SALES);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const report = async (query = '', workspace = 'sales') =>
  (await api.get<SequencesAnswer>(`/api/attribution/sequences?${query}`, workspace)).body;
const rowOf = ({ rows }: { rows: readonly SequenceItem[] }, ...keys: string[]) =>
  rows.find((row) => row.keys.join() === keys.join());
const counts = (row: SequenceItem | undefined) =>
  row && [row.support, row.converted, row.journeysWithout, row.convertedWithout];

test('the worked example: primer before case study was won three times of four, otherwise once of four', async () => {
  const answer = await report();
  expect(answer).toMatchObject({ journeys: 8, converted: 4, minSupport: 2, journeysWithoutSteps: 1 });
  const row = rowOf(answer, 'primer', 'case-study');
  expect(counts(row)).toEqual([4, 3, 4, 1]);
  expect(row).toMatchObject({
    value: { amount: '6000.00' },
    lift: { value: 3, low: 0.501284, high: 17.953883 },
    smallSample: true,
  });
});

test('lost journeys reach up to the loss, and by pipeline all end at the opening', async () => {
  // The prices were read after the opening by all but the second.
  expect(counts(rowOf(await report('minLength=1'), 'pricing'))).toEqual([4, 2, 4, 2]);
  expect(counts(rowOf(await report('minLength=1&metric=pipeline&minSupport=1'), 'pricing'))).toEqual([
    1, 1, 7, 3,
  ]);
});

test('by pipeline, opportunities that are still open count as not converted when they are asked for', async () => {
  const pair = async (query: string) => counts(rowOf(await report(query), 'primer', 'case-study'));
  expect(await pair('metric=pipeline')).toEqual([4, 3, 4, 1]);
  expect(await pair('metric=pipeline&closedOnly=false')).toEqual([5, 3, 4, 1]);
});

test('steps may be those of people of one persona, or in one buying stage', async () => {
  expect(counts(rowOf(await report('persona=economic&minSupport=1'), 'primer', 'case-study'))).toEqual([
    1, 1, 2, 1,
  ]);
  // Only who downloads a guide comes to a stage, and nobody did.
  expect(await report('stage=explore')).toMatchObject({ journeys: 0, journeysWithoutSteps: 9, rows: [] });
  expect((await report('stage=explore', 'main')).journeys).toBe(1);
});

test('steps may be channels or types of contents', async () => {
  expect((await report('by=channel&minLength=1')).rows.map(({ keys }) => keys)).toEqual([['organic_search']]);
  const { rows } = await report('by=contentType&minLength=1');
  expect(rows.map(({ keys, support }) => [...keys, support])).toEqual([['pricing', 4]]);
});

test('rows are limited and sorted as asked, and the number of all is given', async () => {
  const { rows, found } = await report('sort=value&limit=2&maxLength=2');
  expect([rows.length, found > 2]).toEqual([2, true]);
  expect(rows.map(({ keys, value }) => [keys.join(' '), value.amount])).toEqual([
    ['blog case-study', '9000.00'],
    ['primer case-study', '6000.00'],
  ]);
});

test('tables have a row for each sequence, whose keys are read back from it', async () => {
  const url = '/api/attribution/sequences?maxLength=2&sort=value&limit=1&format=';
  const { text, headers } = await api.get(`${url}csv`, 'sales');
  const [head, first] = text.split('\r\n');
  expect(head?.split(',').slice(0, 4)).toEqual(['sequence', 'label', 'length', 'support']);
  expect(first).toContain('"[""blog"",""case-study""]","blog > case-study",2,3,3,1,');
  expect(headers).toMatchObject({ 'touchline-truncated': 'false', 'touchline-currency': 'USD' });
  const lines = (await api.get(`${url}ndjson`, 'sales')).text.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as SequenceItem).keys)).toEqual([['blog', 'case-study']]);
});

test('what arrived later changes the sequences, but not as of before, nor those of another workspace', async () => {
  const before = await report();
  const identity = ['email:yen@sales.example'] as const;
  await api.add('sales', [
    pageView('yen primer', 11, identity, { content: { id: 'primer' } }),
    pageView('yen case', 12, identity, { content: { id: 'case-study' } }),
    ...opportunityEvents(
      'sale-yen',
      {
        amount: '900',
        currency: 'JPY',
        openedAt: day(13),
        contacts: [{ keys: [...identity], role: 'user' }],
      },
      { status: 'won', closedAt: day(40) },
    ),
  ]);
  await api.runner.catchUp();
  const after = await report();
  expect(counts(rowOf(after, 'primer', 'case-study'))).toEqual([5, 4, 4, 1]);
  // Without a rate it is won all the same, and in no amount.
  expect(rowOf(after, 'primer', 'case-study')?.value.amount).toBe('6000.00');
  expect(after.unconverted).toMatchObject([{ currency: 'JPY', opportunities: ['sale-yen'] }]);
  expect(await report(`asOf=${before.asOf}`)).toEqual(before);
  expect(await report('', 'other')).toMatchObject({ journeys: 0, rows: [], truncated: false });
});

test.each([
  ['by=colour', 'by-unknown', 'by'],
  ['minSupport=0', 'min-support-invalid', 'minSupport'],
  ['maxLength=11', 'max-length-invalid', 'maxLength'],
  ['minLength=4&maxLength=3', 'max-length-invalid', 'maxLength'],
  ['sort=best', 'sort-unknown', 'sort'],
  ['closedOnly=false', 'closed-only-invalid', 'closedOnly'],
  ['limit=1001', 'limit-invalid', 'limit'],
  ['persona=nobody', 'persona-unknown', 'persona'],
  ['currency=GBP', 'currency-unknown', 'currency'],
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['window=3', 'parameter-unknown', 'window'],
])('sequences refuse %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/attribution/sequences?${query}`,
    'sales',
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
