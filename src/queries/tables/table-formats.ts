import { Readable } from 'node:stream';
import type { Batches, EncodeTable, Table } from './table.js';
import { encodeCsv, encodeNdjson } from './text-tables.js';

export const TABLE_FORMATS = ['ndjson', 'csv', 'arrow', 'parquet'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** As registered with IANA. */
export const MEDIA_TYPES: Readonly<Record<TableFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
};

/** Without their parameters. */
export const TABLE_MEDIA_TYPES = TABLE_FORMATS.map((format) => MEDIA_TYPES[format].replace(/;.*/, ''));

/** The libraries of binary formats are loaded for whoever asks for one. */
const ENCODERS: Readonly<Record<TableFormat, () => Promise<EncodeTable>>> = {
  ndjson: () => Promise.resolve(encodeNdjson),
  csv: () => Promise.resolve(encodeCsv),
  arrow: async () => (await import('./arrow-table.js')).encodeArrow,
  parquet: async () => (await import('./parquet-table.js')).encodeParquet,
};

/**
 * The bytes of a table, encoded as fast as they are taken: one chunk is ready at most. When the stream ends, or its reader
 * leaves, the batches are ended too.
 */
export async function tableStream<R>(
  format: TableFormat,
  table: Table<R>,
  batches: Batches<R>,
): Promise<Readable> {
  const encode = await ENCODERS[format]();
  return byteStream(encode(table, batches));
}

/** A stream that makes its next chunk when the last was taken. */
export const byteStream = (chunks: AsyncGenerator<Uint8Array, void>): Readable =>
  Readable.from(chunks, { objectMode: false, highWaterMark: 1 });
