import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { money } from '../domain/attribution/money.js';
import type { AttributionAnswer, CreditItem } from './attribution.js';
import { writeReport } from './report-formats.js';

const row = (key: string, label: string): CreditItem => ({
  key,
  keys: [key],
  without: [],
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
  selected: money(493_824, 'USD'),
  unattributed: money(6176, 'USD'),
  opportunities: 4,
  unattributedOpportunities: 1,
  unconverted: [],
  rows,
  next: null,
});

test('the CSV has a header, CRLF and one line per row', () => {
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

test('commas, quotes and line breaks in CSV are quoted', () => {
  const { text } = writeReport(answer(row('wp-1', 'Say "when", not\nif')), 'csv');
  expect(text).toContain('wp-1,"Say ""when"", not\nif",');
});

describe('the CSV contains no formulas', () => {
  /** Cells as a reader of CSV sees them. */
  const cellsOf = (label: string, delimiter = ','): string[] =>
    parse(writeReport(answer(row('wp-1', label)), 'csv').text, {
      delimiter,
      relax_quotes: true,
      relax_column_count: true,
    })[1] ?? [];
  const runs = (cell: string): boolean =>
    /^[\s\p{Cf}"'“”]*[=+\-@＝＋－＠]/u.test(cell) && !cell.startsWith("'");

  // https://owasp.org/www-community/attacks/CSV_Injection
  const FORMULAS = ['=cmd|calc', '+1+cmd', '-2+3+cmd', '@SUM(A1)', '＝cmd', '＋1', '－2+3', '＠SUM(A1)'];
  const BEFORE = [
    '',
    ' ',
    '\t',
    '\r',
    '\n',
    '"',
    "'",
    '""',
    ' "',
    '\u00a0',
    '\u3000',
    '\ufeff',
    '\u200b',
    '\u2028',
  ];
  const AFTER_A_SEAM = [';', '\t', '|', '\n', '\r\n', '";', ';"', '; ', '","', '",'];
  const labels = FORMULAS.flatMap((formula) => [
    ...BEFORE.map((start) => `${start}${formula}`),
    ...AFTER_A_SEAM.map((seam) => `Guide${seam}${formula}`),
  ]);

  test.each(labels)('in the label %j', (label) => {
    expect(cellsOf(label)[1]).toMatch(/^'|^Guide/);
    for (const delimiter of [',', ';', '\t', '|']) {
      expect(cellsOf(label, delimiter).filter(runs)).toEqual([]);
    }
  });

  test.each(['\tGuide', '\rGuide', '\nGuide'])(
    'in a label that starts with a control character: %j',
    (label) => expect(cellsOf(label)[1]).toBe(`'${label}`),
  );

  test.each([
    '-5',
    '+49',
    '-12.50',
    '1234',
    'Guide - part 2',
    'a=b',
    'ada@acme.example',
    'https://x.example/?a=b;c=d',
  ])('but keeps labels that no spreadsheet evaluates: %s', (label) => expect(cellsOf(label)[1]).toBe(label));

  test('and keeps numbers', () => {
    const negative = { ...row('wp-1', 'Guide'), value: money(-123_456, 'USD') };
    expect(writeReport(answer(negative), 'csv').text).toContain('wp-1,Guide,-1234.56,USD,0.25,');
  });
});

test('a row without a value of a dimension has an empty CSV cell, and one named (none) does not', () => {
  const none = { ...row('', '(none)'), key: null, keys: [null], without: ['campaign' as const] };
  const { text } = writeReport(answer(none, row('(none)', '(none)')), 'csv');
  const cells: string[][] = parse(text);
  expect(cells.slice(1).map(([key]) => key)).toEqual(['', '(none)']);
  const lines = writeReport(answer(none, row('(none)', '(none)')), 'ndjson')
    .text.trimEnd()
    .split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { key: string | null }).key)).toEqual([null, '(none)']);
});

test('any label is read from the CSV unchanged or with an apostrophe', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (label) => {
      const { text } = writeReport(answer(row('wp-1', label)), 'csv');
      const [, cells]: string[][] = parse(text);
      expect(cells?.length).toBe(11);
      expect(cells?.[1]?.replaceAll("'", '')).toBe(label.replaceAll("'", ''));
    }),
  );
});

test('every NDJSON line is self-contained', () => {
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
