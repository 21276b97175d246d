import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { importTarget, inputFile } from '../../../test/import-target.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { importFile } from './import-file.js';
import { ENRICHED_COLUMNS, trackerEvent } from './snowplow-rows.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-snowplow-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** By the index of the column. */
function enriched(values: Readonly<Record<number, string>>): string[] {
  return Array.from({ length: ENRICHED_COLUMNS }, (_, index) => values[index] ?? '');
}

const contexts = {
  schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1',
  data: [
    {
      schema: 'iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0',
      data: { id: '0f8fad5b-d9cb-469f-a165-70867728950e' },
    },
  ],
};

const pageView = {
  ...{ 0: 'acme-site', 1: 'web', 2: '2026-03-01 09:31:00.000', 3: '2026-03-01 09:30:05.000' },
  ...{
    4: '2026-03-01 11:30:01.250',
    5: 'page_view',
    6: 'b1f3a9f2-3f0a-4d0e-9d3e-0c7f1a1f6a10',
    9: 'js-4.6.8',
  },
  ...{ 12: 'u-1', 13: '203.0.113.7', 15: 'd-1', 16: '3', 17: 'n-1', 18: 'DE' },
  ...{ 29: 'https://www.acme.example/pricing', 30: 'Pricing', 31: 'https://www.linkedin.com/' },
  ...{ 52: JSON.stringify(contexts), 77: 'Mozilla/5.0', 83: 'en-US', 119: '2026-03-01 11:30:02.000' },
  ...{ 123: 's-1', 124: '2026-03-01 09:30:04.250', 126: 'page_view' },
};

test('an enriched event has the fields that the tracker sent, and the time that the pipeline corrected', () => {
  expect(trackerEvent(enriched(pageView))).toEqual({
    ...{ e: 'pv', aid: 'acme-site', p: 'web', eid: 'b1f3a9f2-3f0a-4d0e-9d3e-0c7f1a1f6a10', tv: 'js-4.6.8' },
    ...{ uid: 'u-1', ip: '203.0.113.7', duid: 'd-1', vid: '3', nuid: 'n-1', sid: 's-1' },
    ...{ url: 'https://www.acme.example/pricing', page: 'Pricing', refr: 'https://www.linkedin.com/' },
    ...{ ua: 'Mozilla/5.0', lang: 'en-US', co: contexts },
    ...{ dtm: String(Date.UTC(2026, 2, 1, 11, 30, 1, 250)), stm: String(Date.UTC(2026, 2, 1, 11, 30, 2)) },
    ttm: String(Date.UTC(2026, 2, 1, 9, 30, 4, 250)),
  });
});

test.each([
  [
    'the true time goes before the derived one',
    { 130: '2026-03-01 08:00:00.000' },
    { ttm: String(Date.UTC(2026, 2, 1, 8)) },
  ],
  [
    'the time of the collector stands where there is no other',
    { 4: '', 119: '', 124: '' },
    { ttm: String(Date.UTC(2026, 2, 1, 9, 30, 5)) },
  ],
  ['a time that is none is kept for whoever judges it', { 124: 'soon' }, { ttm: 'soon' }],
  [
    'a structured event has its fields',
    { 5: 'struct', 53: 'video', 54: 'play', 57: '1.5' },
    { e: 'se', se_ca: 'video', se_va: '1.5' },
  ],
  [
    'a self-describing event has its JSON',
    { 5: 'unstruct', 58: '{"schema":"iglu:a/b/c/1-0-0"}' },
    { e: 'ue', ue_pr: { schema: 'iglu:a/b/c/1-0-0' } },
  ],
  ['JSON that is none is kept as it is', { 58: '{' }, { ue_pr: '{' }],
  ['an event of an unknown name keeps it', { 5: 'odd' }, { e: 'odd' }],
])('%s', (_, values, expected) => {
  expect(trackerEvent(enriched({ ...pageView, ...values }))).toMatchObject(expected);
});

test('an archive of Snowplow is imported, and broken rows are rejected', async () => {
  const store = new MemoryEventStore();
  const { target, rejected } = importTarget(store);
  const rows = [
    enriched(pageView).join('\t'),
    'too\tfew\tcolumns',
    JSON.stringify({
      e: 'pv',
      p: 'web',
      eid: 'e-2',
      duid: 'd-2',
      dtm: '1772357400000',
      url: 'https://acme.example/',
    }),
    '{"e":',
  ];
  const bytes = gzipSync(`${rows.join('\n')}\n`);

  const imported = await importFile(target, await inputFile(join(folder, 'part-00000.gz'), bytes));

  expect(imported.summary.toJSON()).toEqual({
    ...{ accepted: 2, duplicate: 0 },
    rejected: { 'cell-count': 1, 'unreadable-row': 1 },
  });
  expect(rejected.map(({ source }) => source)).toEqual(['part-00000.gz:2', 'part-00000.gz:4']);
  expect((await store.readAll(0n, 10)).map(({ occurredAt }) => occurredAt.toISOString())).toEqual(
    ['2026-03-01T09:30:04.250Z', '2026-03-01T09:30:00.000Z'].sort(),
  );
});
