import { expect, test } from '@jest/globals';
import { money } from '../domain/attribution/money.js';
import type { AttributionAnswer, CreditItem } from './attribution.js';
import { writeReport } from './report-formats.js';

const row = (key: string, label: string): CreditItem => ({
  key,
  keys: [key],
  label,
  value: money(123_456, 'USD'),
  share: 0.25,
  opportunities: 3,
  touches: 7,
});
const answer = (...rows: CreditItem[]): AttributionAnswer => ({
  asOf: '5124',
  modelVersion: 3,
  model: 'linear',
  by: ['content'],
  metric: 'revenue',
  currency: 'USD',
  from: null,
  to: null,
  total: money(500_000, 'USD'),
  attributed: money(493_824, 'USD'),
  unattributed: money(6176, 'USD'),
  opportunities: 4,
  unattributedOpportunities: 1,
  unconverted: [],
  rows,
  next: null,
});

test('a table has a header, CRLF and one line a row', () => {
  const { text, headers } = writeReport(answer(row('wp-1', 'Buying guide')), 'csv');
  expect(text).toBe(
    'content,label,value,currency,share,opportunities,touches,model,metric,asOf,modelVersion\r\n' +
      'wp-1,Buying guide,1234.56,USD,0.25,3,7,linear,revenue,5124,3\r\n',
  );
  expect(headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'touchline-as-of': '5124',
    'touchline-total': '5000.00',
    'touchline-attributed': '4938.24',
    'touchline-unattributed': '61.76',
  });
});

test('commas, quotes and line ends are quoted', () => {
  const { text } = writeReport(answer(row('wp-1', 'Say "when", not\nif')), 'csv');
  expect(text).toContain('wp-1,"Say ""when"", not\nif",');
});

test.each(['=cmd|calc', '+1', '@SUM(A1)', '-2+3'])(
  'a title that a spreadsheet would run is not: %s',
  (title) => expect(writeReport(answer(row('wp-1', title)), 'csv').text).toContain(`wp-1,'${title},`),
);

test('ndjson says on each line what it takes to read it alone', () => {
  const { text } = writeReport(answer(row('wp-1', 'Guide'), row('wp-2', 'Case')), 'ndjson');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ key, asOf, model, metric }) => [key, asOf, model, metric])).toEqual([
    ['wp-1', '5124', 'linear', 'revenue'],
    ['wp-2', '5124', 'linear', 'revenue'],
  ]);
});
