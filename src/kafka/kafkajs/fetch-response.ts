import { AT, type Fetched, decodeRecordBatch } from './record-batch.js';

/** kafkajs's decoder, as far as it is used. */
export interface Decoder {
  readonly buffer: Buffer;
  readonly offset: number;
  readInt32(): number;
  canReadBytes(count: number): boolean;
  readBytes(count: number): Buffer;
}

/** Of a partition at once, inflated: what is compressed may be ten times what was asked for. */
const MAX_DECODED_BYTES = 1024 * 1024;
/** The format of batches since Kafka 0.11. */
const MAGIC = 2;

export type Decode = (decoder: Decoder) => Promise<readonly Fetched[]>;

/**
 * The records of a partition in an answer to a fetch. A batch that cannot be read becomes one record that says so, and the
 * partition goes on; kafkajs breaks off the fetch and comes to the same batch again, for ever. Batches beyond what memory
 * should hold are left for the next fetch.
 *
 * @param theirs for formats of before Kafka 0.11
 */
export const decodeRecordBatches =
  (theirs: Decode): Decode =>
  async (decoder) => {
    const from = decoder.offset + 4;
    const size = decoder.buffer.readInt32BE(decoder.offset);
    // Too short to say its format: the beginning of a batch that was cut off, at which kafkajs breaks off the fetch.
    const isBatches =
      size > 0 &&
      decoder.canReadBytes(4 + size) &&
      (size <= AT.magic || decoder.buffer[from + AT.magic] === MAGIC);
    if (!isBatches) return theirs(decoder);
    decoder.readInt32();
    const records: Fetched[] = [];
    let bytes = 0;
    // What is not whole at the end, or more than enough, is fetched again.
    for (const batch of batches(decoder.readBytes(size))) {
      if (bytes > MAX_DECODED_BYTES) break;
      for (const record of await decodeBatch(batch)) {
        records.push(record);
        bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
      }
    }
    return records;
  };

function* batches(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + AT.records <= bytes.length;) {
    const from = at;
    at += AT.length + 4 + bytes.readInt32BE(from + AT.length);
    if (at > bytes.length || at <= from) return;
    yield bytes.subarray(from, at);
  }
}

async function decodeBatch(batch: Buffer): Promise<readonly Fetched[]> {
  try {
    return await decodeRecordBatch(batch);
  } catch (error) {
    return [unreadableRecord(batch, error)];
  }
}

function unreadableRecord(batch: Buffer, error: unknown): Fetched {
  const first = batch.readBigInt64BE(0);
  const last = first + BigInt(batch.readInt32BE(AT.lastOffsetDelta));
  return {
    timestamp: String(batch.readBigInt64BE(AT.maxTimestamp)),
    offset: String(last),
    ...{ key: null, value: null, headers: {} },
    ...{ isControlRecord: false, batchContext: { producerId: '-1', inTransaction: false } },
    unreadable: `The batch of the offsets ${first} to ${last} cannot be read: ${(error as Error).message}`,
  };
}
