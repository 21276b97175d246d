import type { Headers, NewRecord } from './kafka.js';

/** A broker takes a megabyte a partition at once, and all records may be of one. In bytes. */
const CHUNK_BYTES = 700 * 1024;
/** Of a record beside its key, value and headers. */
const RECORD_BYTES = 50;

/** Records in their order, in parts that a broker takes at once; a larger record is a part of its own. */
export function* chunkRecords<R extends NewRecord>(records: Iterable<R>): Generator<readonly R[]> {
  let part: R[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (part.length > 0 && bytes + size > CHUNK_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

const sizeOf = ({ key, value, headers }: NewRecord): number =>
  RECORD_BYTES + bytesOf(key) + bytesOf(value) + headersSize(headers);

const bytesOf = (part: Buffer | string | null): number =>
  typeof part === 'string' ? Buffer.byteLength(part) : (part?.length ?? 0);

function headersSize(headers: Headers): number {
  let bytes = 0;
  for (const name in headers) {
    const value = headers[name] ?? '';
    for (const one of typeof value === 'object' && !Buffer.isBuffer(value) ? value : [value])
      bytes += name.length + bytesOf(one) + 4;
  }
  return bytes;
}
