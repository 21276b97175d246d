import { createRequire } from 'node:module';
import type { HeaderValue, Headers } from '../kafka.js';
import { ByteReader } from './byte-reader.js';

/** A record as passed on by kafkajs; `unreadable` if it represents a whole batch, with the last offset of the batch. */
export interface Fetched {
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
  readonly isControlRecord: boolean;
  /** By which kafkajs leaves out what was aborted. */
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  readonly unreadable?: string;
}

/** Where a batch says what (https://kafka.apache.org/documentation/#recordbatch), in bytes from its start. */
export const AT = {
  ...{ length: 8, magic: 16, attributes: 21, lastOffsetDelta: 23, firstTimestamp: 27, maxTimestamp: 35 },
  ...{ producerId: 43, count: 57, records: 61 },
} as const;
const ATTRIBUTE = { codec: 0x7, appendTime: 0x8, transactional: 0x10, control: 0x20 } as const;
/** Of one batch; a record in memory has some hundred bytes beside its own. */
const MOST_RECORDS = 200_000;
const NO_HEADERS: Headers = Object.freeze({});

const require = createRequire(import.meta.url);
const { lookupCodecByAttributes } = require('kafkajs/src/protocol/message/compression/index.js') as {
  lookupCodecByAttributes: (attributes: number) => { decompress(bytes: Buffer): Promise<Buffer> } | null;
};

/**
 * The records of a batch of format 2, one after the other from its bytes. kafkajs makes buffers and 64-bit numbers of its own for each.
 *
 * @throws Error the batch is broken, or too large
 */
export async function decodeRecordBatch(batch: Buffer): Promise<readonly Fetched[]> {
  const count = batch.readInt32BE(AT.count);
  if (count > MOST_RECORDS) throw new RangeError(`it holds ${count} records, more than ${MOST_RECORDS}`);
  const attributes = batch.readInt16BE(AT.attributes);
  const codec = attributes & ATTRIBUTE.codec ? lookupCodecByAttributes(attributes) : null;
  const bytes = batch.subarray(AT.records);
  const reader = new ByteReader(codec && count > 0 ? await codec.decompress(bytes) : bytes);
  const read = readingIn(batch, attributes);
  return Array.from({ length: count }, () => read(reader.part(reader.varint())));
}

/** Reads one record; what all records of the batch share is found once. */
function readingIn(batch: Buffer, attributes: number): (record: ByteReader) => Fetched {
  const firstOffset = Number(batch.readBigInt64BE(0));
  const firstTimestamp = Number(batch.readBigInt64BE(AT.firstTimestamp));
  const appendTime =
    attributes & ATTRIBUTE.appendTime ? String(batch.readBigInt64BE(AT.maxTimestamp)) : undefined;
  const isControlRecord = (attributes & ATTRIBUTE.control) !== 0;
  const batchContext = {
    producerId: String(batch.readBigInt64BE(AT.producerId)),
    inTransaction: (attributes & ATTRIBUTE.transactional) !== 0,
  };
  return (record) => {
    record.skip(1); // Attributes, of which there are none.
    const timestamp = firstTimestamp + record.varint();
    const offset = firstOffset + record.varint();
    return {
      timestamp: appendTime ?? String(timestamp),
      offset: String(offset),
      key: record.bytes(),
      value: record.bytes(),
      headers: headersOf(record),
      isControlRecord,
      batchContext,
    };
  };
}

function headersOf(record: ByteReader): Headers {
  const count = record.varint();
  if (count <= 0) return NO_HEADERS;
  const values = new Map<string, HeaderValue | HeaderValue[]>();
  for (let nth = 0; nth < count; nth += 1) {
    const name = record.text();
    const value = record.bytes();
    const before = values.get(name);
    values.set(
      name,
      before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value],
    );
  }
  return Object.fromEntries(values);
}
