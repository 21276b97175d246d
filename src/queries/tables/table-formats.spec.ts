import { expect, test } from '@jest/globals';
import { tableFromIPC } from 'apache-arrow';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { batchesOf, type Cell, type Table } from './table.js';
import { type TableFormat, tableStream } from './table-formats.js';

interface Row {
  readonly text: string | null;
  readonly amount: string | null;
  readonly count: number | null;
  readonly minor: bigint | null;
  readonly share: number | null;
  readonly at: number | null;
}

const TABLE: Table<Row> = {
  columns: [
    { name: 'text', type: 'text', of: ({ text }) => text },
    { name: 'amount', type: 'decimal', of: ({ amount }) => amount },
    { name: 'count', type: 'integer', of: ({ count }) => count },
    { name: 'minor', type: 'bigint', of: ({ minor }) => minor },
    { name: 'share', type: 'double', of: ({ share }) => share },
    { name: 'at', type: 'instant', of: ({ at }) => at },
  ],
  metadata: { title: 'Größe' },
};

const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { nil: null });
const tables = fc.array(
  fc.record<Row>({
    text: maybe(fc.string({ unit: 'binary' })),
    amount: maybe(fc.constantFrom('0.00', '-12.50', '180143985094819.85')),
    count: maybe(fc.integer()),
    minor: maybe(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    share: maybe(fc.double({ noNaN: true, noDefaultInfinity: true })),
    at: maybe(fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 0, 1) })),
  }),
  { maxLength: 40 },
);

const encoded = async (format: TableFormat, rows: readonly Row[], size = 7): Promise<Buffer> =>
  buffer(await tableStream(format, TABLE, batchesOf(rows, size)));
const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

test('readers of Arrow and Parquet get what was written', async () => {
  const property = fc.asyncProperty(tables, async (rows) => {
    const arrow = tableFromIPC(await encoded('arrow', rows));
    const ofArrow = arrow
      .toArray()
      .map((row) => Object.fromEntries([...(row as Iterable<[string, unknown]>)]));
    expect(ofArrow).toEqual(rows);
    const parquet = await parquetReadObjects({ file: arrayBuffer(await encoded('parquet', rows)) });
    expect(parquet).toEqual(rows.map((row) => ({ ...row, at: row.at === null ? null : new Date(row.at) })));
  });
  await fc.assert(property, { numRuns: 50 });
});

test('readers of NDJSON and CSV get it too, but for whole numbers that JSON does not hold', async () => {
  const property = fc.asyncProperty(tables, async (rows) => {
    const lines = (await encoded('ndjson', rows)).toString().split('\n').slice(0, -1);
    const inJson = rows.map(({ at, minor, ...row }) => ({
      ...row,
      minor: Number.isSafeInteger(Number(minor)) && minor !== null ? Number(minor) : null,
      at: at === null ? null : new Date(at).toISOString(),
    }));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(JSON.stringify(inJson)));
    const cells: string[][] = parse(await encoded('csv', rows));
    const asText = (value: Cell): string => (value === null ? '' : String(value));
    expect(cells.slice(1).map(([, ...rest]) => rest)).toEqual(
      rows.map(({ amount, count, minor, share, at }) => [
        ...[amount, count, minor, share].map(asText),
        at === null ? '' : new Date(at).toISOString(),
      ]),
    );
    expect(cells.slice(1).map(([text]) => text?.replaceAll("'", ''))).toEqual(
      rows.map(({ text }) => asText(text).replaceAll("'", '')),
    );
  });
  await fc.assert(property, { numRuns: 50 });
});

test('rows are written in groups, however they come, and what holds for all of them once', async () => {
  const row: Row = { text: 'ü', amount: '1.00', count: 1, minor: 1n, share: 0.5, at: 0 };
  const rows = Array.from({ length: 41_000 }, (_, count) => ({ ...row, count }));
  const file = arrayBuffer(await encoded('parquet', rows, 1_000));
  const { row_groups: groups, num_rows: count, key_value_metadata: metadata } = parquetMetadata(file);
  expect([groups.map(({ num_rows }) => num_rows), count]).toEqual([[20_000n, 20_000n, 1_000n], 41_000n]);
  expect(metadata).toEqual([{ key: 'title', value: 'Größe' }]);
  const arrow = tableFromIPC(await encoded('arrow', rows, 1_000));
  expect(arrow.batches.map(({ numRows }) => numRows)).toEqual([...Array<number>(8).fill(5_000), 1_000]);
  expect(arrow.getChild('count')?.toArray()).toEqual(Int32Array.from(rows, ({ count }) => count));
  expect(Object.fromEntries(arrow.schema.metadata)).toEqual({ title: 'Größe' });
});

test('the next rows are read when the last were taken, and no more once the reader has left', async () => {
  const row: Row = { text: 'x'.repeat(1_000), amount: null, count: null, minor: null, share: null, at: null };
  const state = { read: 0, isEnded: false };
  async function* endless() {
    try {
      for (;;) {
        state.read += 1;
        yield Array.from({ length: 5_000 }, () => row);
      }
    } finally {
      state.isEnded = true;
    }
  }
  for (const format of ['ndjson', 'csv', 'arrow', 'parquet'] as const) {
    Object.assign(state, { read: 0, isEnded: false });
    const body = await tableStream(format, TABLE, endless());
    const chunks = body[Symbol.asyncIterator]();
    for (let taken = 0; taken < 2; taken += 1) await chunks.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(state.read).toBeLessThanOrEqual(format === 'parquet' ? 12 : 3);
    body.destroy();
    await finished(body).catch(() => undefined);
    expect(state.isEnded).toBe(true);
  }
});
