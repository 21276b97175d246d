import * as arrow from 'apache-arrow';
import { type Batches, type Cell, type Column, type ColumnType, grouped, type Table } from './table.js';

/** Rows of a record batch, at least. */
const BATCH_ROWS = 5_000;
/** The end of a stream. */
const END_BYTES = 8;

/** Arrow IPC stream (https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format): batch by batch. */
export async function* encodeArrow<R>(
  { columns, metadata }: Table<R>,
  batches: Batches<R>,
): AsyncGenerator<Uint8Array, void> {
  const fields = columns.map(({ name, type }) => new arrow.Field(name, TYPES[type](), true));
  const schema = new arrow.Schema(fields, new Map(Object.entries(metadata)));
  // The writer has no back-pressure: it is given one batch at a time, and what comes before and after them is written once.
  const empty = ipcStream(schema, []);
  const head = empty.length - END_BYTES;
  yield empty.subarray(0, head);
  for await (const rows of grouped(batches, BATCH_ROWS))
    yield ipcStream(schema, [recordBatch(schema, columns, rows)]).subarray(head, -END_BYTES);
  yield empty.subarray(head);
}

function ipcStream(schema: arrow.Schema, batches: readonly arrow.RecordBatch[]): Uint8Array {
  const writer = new arrow.RecordBatchStreamWriter({ autoDestroy: false });
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(batch);
  writer.close();
  return writer.toUint8Array(true);
}

const TYPES: Readonly<Record<ColumnType, () => arrow.DataType>> = {
  text: () => new arrow.Utf8(),
  decimal: () => new arrow.Utf8(),
  integer: () => new arrow.Int32(),
  bigint: () => new arrow.Int64(),
  double: () => new arrow.Float64(),
  instant: () => new arrow.Timestamp(arrow.TimeUnit.MILLISECOND, 'UTC'),
};

function recordBatch<R>(
  schema: arrow.Schema,
  columns: readonly Column<R>[],
  rows: readonly R[],
): arrow.RecordBatch {
  const children = columns.map(({ type, of }) => columnData(type, rows.map(of)));
  const type = new arrow.Struct(schema.fields);
  return new arrow.RecordBatch(schema, arrow.makeData({ type, length: rows.length, nullCount: 0, children }));
}

/** Much faster than the library's builders, which take a value at a time. */
function columnData(type: ColumnType, cells: readonly Cell[]): arrow.Data {
  const common = { length: cells.length, ...validity(cells) };
  switch (type) {
    case 'text':
    case 'decimal':
      return arrow.makeData({ type: new arrow.Utf8(), ...common, ...utf8(cells) });
    case 'integer':
      return arrow.makeData({ type: new arrow.Int32(), ...common, data: Int32Array.from(cells, Number) });
    case 'double':
      return arrow.makeData({ type: new arrow.Float64(), ...common, data: Float64Array.from(cells, Number) });
    case 'bigint':
      return arrow.makeData({ type: new arrow.Int64(), ...common, data: longs(cells) });
    case 'instant':
      return arrow.makeData({
        type: new arrow.Timestamp(arrow.TimeUnit.MILLISECOND, 'UTC'),
        ...common,
        data: longs(cells),
      });
  }
}

const longs = (cells: readonly Cell[]): BigInt64Array =>
  BigInt64Array.from(cells, (cell) => BigInt(cell ?? 0));

/** A bit for each cell, the lowest first: whether it has a value. */
function validity(cells: readonly Cell[]): { nullCount: number; nullBitmap: Uint8Array } {
  const nullBitmap = new Uint8Array(Math.ceil(cells.length / 8));
  let nullCount = 0;
  cells.forEach((cell, index) => {
    if (cell === null) nullCount += 1;
    else nullBitmap[index >> 3] = (nullBitmap[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return { nullCount, nullBitmap };
}

/** No text takes more than three bytes for each of its UTF-16 units. */
function utf8(cells: readonly Cell[]): { valueOffsets: Int32Array; data: Uint8Array } {
  const texts = cells.map((cell) => (cell === null ? '' : String(cell)));
  const data = Buffer.allocUnsafe(3 * texts.reduce((sum, { length }) => sum + length, 0));
  const valueOffsets = new Int32Array(cells.length + 1);
  let end = 0;
  texts.forEach((text, index) => {
    end += data.write(text, end);
    valueOffsets[index + 1] = end;
  });
  return { valueOffsets, data: data.subarray(0, end) };
}
