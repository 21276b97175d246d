import { type BasicType, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { compressSync } from 'snappy';
import { type Batches, type Cell, type ColumnType, grouped, type Table } from './table.js';

/** Rows of a row group: some 20 MB while they are encoded, which keeps other requests waiting for it. */
const GROUP_ROWS = 20_000;

/** Parquet, compressed with Snappy. The footer at the end of a file is all that grows with its row groups. */
export async function* encodeParquet<R>(
  { columns, metadata }: Table<R>,
  batches: Batches<R>,
): AsyncGenerator<Uint8Array, void> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({
      columnData: columns.map(({ name, type }) => ({ name, data: [], type: TYPES[type], nullable: true })),
    }),
    compressors: {
      SNAPPY: (input) => compressSync(Buffer.from(input.buffer, input.byteOffset, input.byteLength)),
    },
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: 'touchline',
  });
  for await (const rows of grouped(batches, GROUP_ROWS)) {
    const columnData = columns.map(({ name, type, of }) => ({
      name,
      data: rows.map((row) => valueOf(of(row), type)),
    }));
    await writer.write({ columnData, rowGroupSize: rows.length });
    yield written(bytes);
  }
  await writer.finish();
  yield written(bytes);
}

const TYPES: Readonly<Record<ColumnType, BasicType>> = {
  text: 'STRING',
  decimal: 'STRING',
  integer: 'INT32',
  bigint: 'INT64',
  double: 'DOUBLE',
  instant: 'TIMESTAMP',
};

function valueOf(cell: Cell, type: ColumnType): Cell | Date {
  if (cell === null) return null;
  return type === 'instant' ? new Date(Number(cell)) : cell;
}

/** Takes what was written since; offsets in the file go on. */
function written(bytes: ByteWriter): Uint8Array {
  const taken = bytes.getBytes().slice();
  bytes.index = 0;
  return taken;
}
