import { describe, expect, test } from '@jest/globals';
import { tableFromIPC } from 'apache-arrow';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { money } from '../domain/attribution/money.js';
import type { AttributionAnswer, CreditItem } from './attribution.js';
import { writeReport } from './report-formats.js';
import type { Cell } from './tables/table.js';
import { buffer, text as textOf } from 'node:stream/consumers';

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

const written = async (report: AttributionAnswer, format: 'csv' | 'ndjson'): Promise<string> =>
  textOf((await writeReport(report, format)).body);

test('the CSV has a header, CRLF and one line per row', async () => {
  const { body, headers } = await writeReport(answer(row('wp-1', 'Buying guide')), 'csv');
  expect(await textOf(body)).toBe(
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

test('commas, quotes and line breaks in CSV are quoted', async () => {
  expect(await written(answer(row('wp-1', 'Say "when", not\nif')), 'csv')).toContain(
    'wp-1,"Say ""when"", not\nif",',
  );
});

describe('the CSV contains no formulas', () => {
  /** Cells as a reader of CSV sees them. */
  const cellsOf = async (label: string, delimiter = ','): Promise<string[]> =>
    parse(await written(answer(row('wp-1', label)), 'csv'), {
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

  test.each(labels)('in the label %j', async (label) => {
    expect((await cellsOf(label))[1]).toMatch(/^'|^Guide/);
    for (const delimiter of [',', ';', '\t', '|']) {
      expect((await cellsOf(label, delimiter)).filter(runs)).toEqual([]);
    }
  });

  test.each(['\tGuide', '\rGuide', '\nGuide'])(
    'in a label that starts with a control character: %j',
    async (label) => expect((await cellsOf(label))[1]).toBe(`'${label}`),
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
  ])('but keeps labels that no spreadsheet evaluates: %s', async (label) =>
    expect((await cellsOf(label))[1]).toBe(label),
  );

  test('and keeps numbers', async () => {
    const negative = { ...row('wp-1', 'Guide'), value: money(-123_456, 'USD') };
    expect(await written(answer(negative), 'csv')).toContain('wp-1,Guide,-1234.56,USD,0.25,');
  });
});

test('a row without a value of a dimension has an empty CSV cell, and one named (none) does not', async () => {
  const none = { ...row('', '(none)'), key: null, keys: [null], without: ['campaign' as const] };
  const cells: string[][] = parse(await written(answer(none, row('(none)', '(none)')), 'csv'));
  expect(cells.slice(1).map(([key]) => key)).toEqual(['', '(none)']);
  const lines = (await written(answer(none, row('(none)', '(none)')), 'ndjson')).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { key: string | null }).key)).toEqual([null, '(none)']);
});

test('any label is read from the CSV unchanged or with an apostrophe', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (label) => {
      const [, cells]: string[][] = parse(await written(answer(row('wp-1', label)), 'csv'));
      expect(cells?.length).toBe(11);
      expect(cells?.[1]?.replaceAll("'", '')).toBe(label.replaceAll("'", ''));
    }),
  );
});

test('every NDJSON line is self-contained', async () => {
  const text = await written(answer(row('wp-1', 'Guide'), row('wp-2', 'Case')), 'ndjson');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ key, asOf, model, metric }) => [key, asOf, model, metric])).toEqual([
    ['wp-1', '5124', 'linear', 'revenue'],
    ['wp-2', '5124', 'linear', 'revenue'],
  ]);
});

test('Arrow and Parquet have the columns of the CSV, and minor units beside them also beyond 2^53', async () => {
  const none = { ...row('', '(none)'), key: null, keys: [null], value: money(-(2n ** 60n), 'USD') };
  const report = answer(row('wp-1', 'Guide'), none);
  const [head = '', ...lines] = (await written(report, 'csv')).trimEnd().split('\r\n');
  const names = head.split(',');
  const ofArrow = tableFromIPC(await buffer((await writeReport(report, 'arrow')).body))
    .toArray()
    .map((each) => Object.fromEntries([...(each as Iterable<[string, unknown]>)]));
  const bytes = new Uint8Array(await buffer((await writeReport(report, 'parquet')).body));
  expect(await parquetReadObjects({ file: bytes.buffer })).toEqual(ofArrow);
  expect(ofArrow.map(({ minor }) => minor)).toEqual([123_456n, -(2n ** 60n)]);
  const asCells = ofArrow.map((each) => names.map((name) => String((each[name] ?? '') as Cell)));
  expect(asCells).toEqual(lines.map((line) => line.split(',').map((cell) => cell.replaceAll('"', ''))));
});
