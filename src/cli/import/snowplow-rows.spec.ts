import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { importTarget, inputFile } from '../../../test/import-target.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { decodeRequest } from '../../intake/decode.js';
import { snowplow } from '../../intake/formats/snowplow.js';
import { RequestBody } from '../../intake/request-body.js';
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

const UNSTRUCT = 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0';
const LINK_CLICK = {
  schema: 'iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1',
  data: { targetUrl: 'https://partner.example/' },
};
const toJson = (value: unknown): string => JSON.stringify(value);
const CLIENT = { address: '203.0.113.7', userAgent: 'Mozilla/5.0' };
const START = Date.UTC(2026, 2, 1, 9, 30, 29, 900);

/** As a tracker in a browser sends them: the ids, the times and the page are of `nth`. */
const sent = (nth: number, fields: Readonly<Record<string, unknown>>) => ({
  ...{ aid: 'web', p: 'web', eid: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}` },
  ...{ duid: 'd-1', sid: 's-1', url: 'https://acme.example/pricing', dtm: String(START + nth * 40_000) },
  ...{ stm: String(START + nth * 40_000 + 700), ...fields },
});
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const EVENTS = [
  sent(1, { e: 'pv', page: 'Pricing', cx: base64(contexts) }),
  sent(2, { e: 'pp', pp_mix: '0', pp_max: '10', cx: base64(contexts) }),
  sent(3, { e: 'pp' }),
  sent(4, { e: 'pp', duid: undefined, tnuid: 'n-1' }),
  sent(5, { e: 'se', se_ca: 'video', se_ac: 'play' }),
  sent(6, { e: 'se', se_ca: 'video', se_ac: 'pause', se_va: '1.5' }),
  sent(7, { e: 'ue', ue_px: base64({ schema: UNSTRUCT, data: LINK_CLICK }) }),
  sent(8, { e: 'se', se_ca: 'no id', se_ac: 'at all', eid: undefined, cx: base64(contexts) }),
];

/** What Snowplow's pipeline makes of an event: times are corrected by the clock of the collector, and entities are JSON. */
function enrichedOf(event: Readonly<Record<string, unknown>>): string {
  const text = (name: string) => (typeof event[name] === 'string' ? event[name] : '');
  const at = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  const json = (name: string) => Buffer.from(text(name), 'base64url').toString();
  const names = { pv: 'page_view', pp: 'page_ping', se: 'struct', ue: 'unstruct' };
  return enriched({
    ...{
      0: 'web',
      1: 'web',
      4: at(Number(event.dtm)),
      5: names[event.e as keyof typeof names],
      6: text('eid'),
    },
    ...{ 3: at(Number(event.stm) + 300), 119: at(Number(event.stm)), 124: at(Number(event.dtm) + 300) },
    ...{ 15: text('duid'), 17: text('tnuid') || 'cookie-1', 29: text('url'), 30: text('page'), 123: 's-1' },
    ...{ 52: json('cx'), 58: json('ue_px'), 53: text('se_ca'), 54: text('se_ac'), 57: text('se_va') },
  }).join('\t');
}

describe('an archive of events that were collected live', () => {
  const collected = async () => {
    const store = new MemoryEventStore();
    const { target, rejected } = importTarget(store, { collector: 'web' });
    const endpoint = snowplow.endpoints.find(({ method, call }) => method === 'POST' && call === 'tp2');
    if (!endpoint) throw new Error('Snowplow has an endpoint for POST');
    const headers = { cookie: 'sp=cookie-1' };
    const head = { ...{ call: 'tp2', headers, params: {}, query: '', client: CLIENT } };
    const payload = Buffer.from(JSON.stringify({ data: EVENTS }));
    const decoded = decodeRequest(snowplow, endpoint, head, new RequestBody(payload, payload));
    if (!('items' in decoded)) throw new Error('the payload is decoded');
    const origin = { workspace: 'main', collector: 'web', call: 'tp2', receivedAt: new Date() };
    await target.pipeline.ingest(snowplow, origin, decoded);
    expect([(await store.readAll(0n, 100)).length, rejected]).toEqual([EVENTS.length, []]);
    return { target, store };
  };

  test.each([
    [
      'payloads of several events a line',
      [{ data: EVENTS.slice(0, 5) }, { data: EVENTS.slice(5) }].map(toJson),
    ],
    ['one event a line', EVENTS.map(toJson)],
    ['enriched events', EVENTS.filter(({ eid }) => eid !== undefined).map(enrichedOf)],
  ])('of %s gives only duplicates', async (name, lines) => {
    const { target, store } = await collected();
    const file = await inputFile(join(folder, `${name.replaceAll(' ', '-')}.txt`), lines.join('\n'));
    const { summary } = await importFile(target, file);
    expect([summary.accepted, summary.rejectedRows]).toEqual([0, 0]);
    expect(summary.duplicate).toBeGreaterThanOrEqual(EVENTS.length - 1);
    expect(await store.readAll(0n, 100)).toHaveLength(EVENTS.length);
  });
});

test('events of one line are accepted, and rejected, each for itself, with their place and bytes', async () => {
  const store = new MemoryEventStore();
  const { target, rejected } = importTarget(store);
  const nobody = '{"e":"pv", "p":"srv", "eid":"nobody"}';
  const line = `{"schema":"…", "data":[${toJson(EVENTS[0])},${nobody},${toJson(EVENTS[4])}, 7 ]}`;
  const empty = '{"data":[]}';
  const file = await inputFile(join(folder, 'mixed.ndjson'), `${line}\n${empty}\n`);
  const { summary } = await importFile({ ...target, format: 'snowplow' }, file);
  expect(summary.toJSON()).toMatchObject({ accepted: 2, duplicate: 0 });
  expect(summary.examples.map((each) => each.line)).toEqual([1, 1, 2]);
  expect(
    rejected.map(({ source, sent, payload, reason }) => [source, String(sent ?? payload), reason.path]),
  ).toEqual([
    ['mixed.ndjson:1#/data/1', nobody, 'duid'],
    ['mixed.ndjson:1#/data/3', '7', undefined],
    ['mixed.ndjson:2', empty, 'data'],
  ]);
});
