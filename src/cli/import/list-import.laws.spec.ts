import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTarget, inputFile } from '../../../test/import-target.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import type { CsvMapping } from './csv-mapping.js';
import { importFile } from './import-file.js';
import type { Imported } from './importer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-list-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HEADER = 'email;crmId;title;optedOut';
/** The list says of when it is. */
const MAPPING: CsvMapping = {
  type: 'contacts',
  constants: { list: 'Old CRM', occurredAt: '2025-01-01T00:00:00Z' },
};
const cell = (values: readonly string[]) => fc.constantFrom(...values);
const row = fc
  .tuple(
    cell(['ada@acme.example', ' ADA@Acme.example', 'bob@acme.example', 'nobody', '']),
    cell(['1', '2', '']),
    cell(['CTO', '"C;F;O"', '"two\nlines"', '']),
    cell(['yes', 'no', '', 'perhaps']),
  )
  .map((cells) => cells.join(';'));

async function importRows(
  store: MemoryEventStore,
  rows: readonly string[],
  now = new Date(),
): Promise<Imported> {
  const { target } = importTarget(store, { mapping: MAPPING, now });
  const file = await inputFile(join(folder, 'list.csv'), `\ufeff${[HEADER, ...rows].join('\r\n')}\r\n`);
  return importFile(target, file);
}

/** What the log says, in no order. */
const saidBy = async (store: MemoryEventStore): Promise<Map<string, unknown>> =>
  new Map(
    (await store.readAll(0n, 10_000)).map(({ id, type, occurredAt, data }) => [
      id,
      { type, occurredAt, data },
    ]),
  );

test('a list that says of when it is makes the same events in any order of its rows, twice, and in parts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(row, { minLength: 1, maxLength: 12 })
        .chain((rows) =>
          fc.tuple(
            fc.constant(rows),
            fc.shuffledSubarray(rows, { minLength: rows.length }),
            fc.nat(rows.length),
          ),
        ),
      async ([rows, shuffled, cut]) => {
        const [once, again] = [new MemoryEventStore(), new MemoryEventStore()];
        await importRows(once, rows);
        for (const part of [shuffled.slice(0, cut), shuffled.slice(cut), shuffled])
          await importRows(again, part, new Date(Date.UTC(2027, 0)));
        expect(await saidBy(again)).toEqual(await saidBy(once));
      },
    ),
    { numRuns: 60 },
  );
});

describe('a hostile list', () => {
  const good = 'ada@acme.example;1;CTO;';

  test.each<[string, string, object]>([
    ['a cell of 5 MB', `x@acme.example;2;${'x'.repeat(5 * 1024 * 1024)};`, { 'row-too-large': 1 }],
    [
      'a cell over the size of an event',
      `x@acme.example;2;${'x'.repeat(60 * 1024)};`,
      { 'event-too-large': 1 },
    ],
    ['a quote that is never closed', 'x@acme.example;2;"CTO;', { 'unreadable-row': 1 }],
    ['a quote in the middle of a cell', 'x@acme.example;2;C"T"O;', { 'unreadable-row': 1 }],
    ['ten thousand cells', `x@acme.example;2;CTO;${';y'.repeat(10_000)}`, { 'cell-count': 1 }],
    ['bytes that are no UTF-8', 'x@acme.example;2;\\xff;', { 'unreadable-row': 1 }],
  ])('with %s has that row rejected, and the others are imported', async (_, bad, rejected) => {
    const store = new MemoryEventStore();
    const { target, rejected: kept } = importTarget(store, { mapping: MAPPING });
    const [before = '', after = ''] = [HEADER, good].map((line) => `${line}\n`);
    const [start = '', end = ''] = bad.split('\\xff');
    const middle = bad.includes('\\xff')
      ? [Buffer.from(start), Buffer.from([0xff]), Buffer.from(end)]
      : [Buffer.from(bad)];
    const bytes = Buffer.concat([Buffer.from(before), ...middle, Buffer.from(`\n${after}`)]);
    const { summary } = await importFile(target, await inputFile(join(folder, 'hostile.csv'), bytes));
    expect(summary.toJSON()).toMatchObject({ accepted: 1, rejected });
    expect(summary.examples.map(({ line }) => line)).toEqual([2]);
    expect(kept).toHaveLength(1);
  });

  test('with null bytes in a cell keeps the rest of the cell', async () => {
    const store = new MemoryEventStore();
    const { summary } = await importRows(store, ['ada@acme.example;1;C\u0000TO;', good]);
    expect(summary.rejectedRows).toBe(0);
    expect(JSON.stringify([...(await saidBy(store)).values()])).not.toContain('\\u0000');
  });

  test('of ten thousand columns is read, or its header is refused with a message that can be read', async () => {
    const store = new MemoryEventStore();
    const columns = Array.from({ length: 10_000 }, (_, nr) => `c${nr}`);
    const wide = `email,${columns.join(',')}\nada@acme.example${','.repeat(columns.length)}\n`;
    const { target } = importTarget(store, { mapping: MAPPING });
    const { summary } = await importFile(target, await inputFile(join(folder, 'wide.csv'), wide));
    expect(summary.accepted).toBe(1);
    const wrong = { ...target, mapping: { ...MAPPING, columns: { Mail: 'email' } } };
    const refused = importFile(wrong, await inputFile(join(folder, 'wide.csv'), wide));
    await expect(refused).rejects.toMatchObject({ code: 'mapping-invalid' });
    await expect(refused).rejects.toThrow(/there is no column "Mail".*and 9901 more$/);
  });

  test('of ten thousand copies of one row is one event', async () => {
    const store = new MemoryEventStore();
    const { summary } = await importRows(
      store,
      Array.from({ length: 10_000 }, () => good),
    );
    expect(summary.toJSON()).toEqual({ accepted: 1, duplicate: 9_999, rejected: {} });
    expect(await saidBy(store)).toMatchObject({ size: 1 });
  });
});
