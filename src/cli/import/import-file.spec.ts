import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { importTarget, inputFile } from '../../../test/import-target.js';
import type { RecordedEvent } from '../../domain/events.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { importFile } from './import-file.js';
import { UnreadableInput } from './input.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-import-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let store: MemoryEventStore;
beforeEach(() => {
  store = new MemoryEventStore();
});

const file = (content: string | Buffer, name = 'rows.ndjson') => inputFile(join(folder, name), content);
const ndjson = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const events = (): Promise<readonly RecordedEvent[]> => store.readAll(0n, 100_000);
const figures = ({ summary }: { summary: { toJSON(): object } }): object => summary.toJSON();

const touchpoint = (nr: number, more: object = {}): object => ({
  ...{ messageId: `m-${nr}`, kind: 'page_view', userId: `u-${nr % 7}` },
  ...{ occurredAt: new Date(Date.UTC(2026, 0, 1) + nr * 1000).toISOString() },
  ...more,
});

test.each(['_SUCCESS', 'rows.csv', 'rows.ndjson.gz'])('an empty file %s has no rows', async (name) => {
  const { target } = importTarget(store);
  const imported = await importFile(target, await file('', name));
  expect(imported).toMatchObject({ isComplete: true, summary: { rows: 0 } });
});

test.each<[string, (text: string) => Buffer]>([
  ['little-endian', (text) => Buffer.from(text, 'utf16le')],
  ['big-endian', (text) => Buffer.from(text, 'utf16le').swap16()],
  ['compressed little-endian', (text) => gzipSync(Buffer.from(text, 'utf16le'))],
])('text in %s UTF-16 with a byte order mark is read as that', async (_, encode) => {
  const { target } = importTarget(store);
  const rows = ndjson([touchpoint(1, { userId: 'Zoë' }), touchpoint(2)]);
  expect(figures(await importFile(target, await file(encode(`\ufeff${rows}`))))).toMatchObject({
    ...{ accepted: 2, rejected: {} },
  });
  expect((await events())[0]).toMatchObject({ data: { identity: ['user:Zoë'] } });
});

describe('touchpoints as lines of JSON', () => {
  test('are imported under the collector and the workspace that were asked for', async () => {
    const { target } = importTarget(store, { workspace: 'other', collector: 'archive' });

    const imported = await importFile(target, await file(ndjson([touchpoint(1), touchpoint(2)])));

    expect(imported).toMatchObject({ isComplete: true, isNew: true, resumedAt: 1 });
    expect(figures(imported)).toEqual({ accepted: 2, duplicate: 0, rejected: {} });
    expect(await events()).toMatchObject([1, 2].map(() => ({ workspace: 'other', collector: 'archive' })));
  });

  test('a row in the middle that is broken is kept as it is with its line, and the rest is imported', async () => {
    const { target, rejected } = importTarget(store);
    const bad = [
      '{"messageId":"m-2", "kind": "teleport","userId":"u-1"}',
      '{"messageId":"m-3","kind"',
      '[1]',
      Buffer.from([0x22, 0xff, 0x22]),
    ];
    const lines = [JSON.stringify(touchpoint(1)), '', ...bad, JSON.stringify(touchpoint(9))];
    const bytes = Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')])));

    const imported = await importFile(target, await file(bytes));

    const codes = { 'unknown-kind': 1, 'unreadable-row': 3 };
    expect(figures(imported)).toEqual({ accepted: 2, duplicate: 0, rejected: codes });
    expect(imported.summary.examples.map(({ line }) => line)).toEqual([3, 4, 5, 6]);
    expect(rejected.map((row) => (row.sent ?? row.payload).toString('latin1'))).toEqual(
      bad.map((line) => line.toString('latin1')),
    );
    expect(rejected.map(({ source }) => source)).toEqual([3, 4, 5, 6].map((line) => `rows.ndjson:${line}`));
    expect(rejected[0]).toMatchObject({ unit: 'item', format: 'native', messageId: 'm-2' });
  });

  test('a row over the limit is rejected without its content', async () => {
    const { target, rejected } = importTarget(store, { format: 'native' });
    const huge = JSON.stringify(touchpoint(1, { properties: { text: 'x'.repeat(1_200_000) } }));

    const imported = await importFile(target, await file(`${huge}\n${JSON.stringify(touchpoint(2))}\n`));

    expect(figures(imported)).toEqual({ accepted: 1, duplicate: 0, rejected: { 'row-too-large': 1 } });
    expect(rejected).toMatchObject([{ sentBytes: huge.length + 1, source: 'rows.ndjson:1' }]);
  });

  test.each([
    ['gzip', gzipSync],
    ['Zstandard', zstdCompressSync],
  ])('are imported from a file of %s', async (_, compress) => {
    const { target } = importTarget(store);
    const rows = Array.from({ length: 2_500 }, (__, nr) => touchpoint(nr));

    const imported = await importFile(target, await file(compress(ndjson(rows))));

    expect(figures(imported)).toEqual({ accepted: 2_500, duplicate: 0, rejected: {} });
  });

  test('a file imported again changes nothing, whether its rows have ids and times or not', async () => {
    const rows = [
      touchpoint(1),
      touchpoint(2, { messageId: undefined }),
      touchpoint(3, { messageId: undefined, occurredAt: undefined }),
      touchpoint(3, { messageId: undefined, occurredAt: undefined }),
    ];
    const { target } = importTarget(store);
    await importFile(target, await file(ndjson(rows)));
    const before = await events();
    expect(before).toHaveLength(4);

    const skipped = await importFile(target, await file(ndjson(rows), 'renamed.ndjson'));
    expect(skipped).toMatchObject({ isNew: false, isComplete: true });
    expect(figures(skipped)).toEqual({ accepted: 4, duplicate: 0, rejected: {} });

    const again = await importFile({ ...target, restart: true }, await file(ndjson(rows)));
    expect(figures(again)).toEqual({ accepted: 0, duplicate: 4, rejected: {} });
    expect(await events()).toEqual(before);
  });

  test('a file that grew is another file: its old rows are duplicates', async () => {
    const { target } = importTarget(store);
    await importFile(target, await file(ndjson([touchpoint(1)])));

    const imported = await importFile(target, await file(ndjson([touchpoint(1), touchpoint(2)])));

    expect(figures(imported)).toEqual({ accepted: 1, duplicate: 1, rejected: {} });
  });

  test('of a file that is cut off are imported up to there, and once', async () => {
    const { target } = importTarget(store);
    const whole = gzipSync(ndjson(Array.from({ length: 20_000 }, (_, nr) => touchpoint(nr))));
    const cut = whole.subarray(0, whole.length / 2);

    await expect(importFile(target, await file(cut))).rejects.toThrow(UnreadableInput);
    const { length } = await events();
    expect(length).toBeGreaterThan(5_000);
    expect(length).toBeLessThan(15_000);
    await expect(importFile(target, await file(cut))).rejects.toThrow(UnreadableInput);
    expect(await events()).toHaveLength(length);

    const imported = await importFile(target, await file(whole));
    expect(figures(imported)).toEqual({ accepted: 20_000 - length, duplicate: length, rejected: {} });
  });

  test('a dry run writes nothing', async () => {
    const { target, rejected } = importTarget(store, { isDryRun: true });

    const imported = await importFile(target, await file(ndjson([touchpoint(1), { kind: 'page_view' }])));

    expect(figures(imported)).toEqual({ accepted: 1, duplicate: 0, rejected: { 'identity-missing': 1 } });
    expect([await events(), rejected]).toEqual([[], []]);
  });
});

describe('an archive of Segment', () => {
  const call = (more: object): object => ({
    ...{ anonymousId: 'a-1', channel: 'client', integrations: {}, receivedAt: '2026-03-01T10:00:05.000Z' },
    ...{ sentAt: '2026-03-01T10:02:00.000Z', originalTimestamp: '2026-03-01T10:01:55.000Z' },
    ...{ timestamp: '2026-03-01T10:00:00.000Z', version: 2, ...more },
  });

  test('keeps the times that Segment corrected, and the time of receipt where there is no other', async () => {
    const rows = [
      call({ type: 'page', messageId: 'm-1', properties: { url: 'https://acme.example/' } }),
      call({ type: 'identify', messageId: 'm-2', userId: 'u-1', traits: { email: 'ada@acme.example' } }),
      call({
        type: 'track',
        messageId: 'm-3',
        event: 'Demo Requested',
        timestamp: undefined,
        originalTimestamp: null,
      }),
    ];
    const { target } = importTarget(store);

    const imported = await importFile(target, await file(gzipSync(ndjson(rows)), 'log.json.gz'));

    expect(figures(imported)).toEqual({ accepted: 3, duplicate: 0, rejected: {} });
    const times = (await events()).map(({ type, occurredAt }) => [type, occurredAt.toISOString()]);
    expect(times).toEqual([
      ['TouchpointRecorded', '2026-03-01T10:00:00.000Z'],
      ['IdentityClaimed', '2026-03-01T10:00:00.000Z'],
      ['TouchpointRecorded', '2026-03-01T10:00:05.000Z'],
    ]);
  });

  test('imported under the collector that received the calls live repeats nothing', async () => {
    const { target } = importTarget(store, { collector: 'web' });
    const row = call({ type: 'page', messageId: 'm-1' });
    await importFile(target, await file(ndjson([row])));

    const imported = await importFile(
      target,
      await file(ndjson([row, call({ type: 'page', messageId: 'm-2' })])),
    );

    expect(figures(imported)).toEqual({ accepted: 1, duplicate: 1, rejected: {} });
  });
});

test('a file whose rows are of no known format is refused', async () => {
  const { target } = importTarget(store);
  await expect(importFile(target, await file('what is this\n'))).rejects.toMatchObject({
    code: 'format-unknown',
  });
});
