import { crc32c } from './crc32c.js';
import type { Headers } from '../kafka.js';
import { ByteWriter, varintSize } from './byte-writer.js';

/** A record as kafkajs's producer hands it over. */
export interface Message {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: Headers;
  /** In ms; else now. */
  readonly timestamp?: string | number | undefined;
}

/** What kafkajs asks its producing request for; it has no number for an id of 64 bits. */
export interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  readonly producerId?: string | number;
  readonly producerEpoch?: number;
  readonly compression?: number;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly PartitionRecords[] }[];
}

export interface PartitionRecords {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly Message[];
}

type Part = Buffer | string | null;

/** The records of a partition with what was measured of them. */
interface MeasuredRecords extends PartitionRecords {
  readonly first: number;
  readonly last: number;
  readonly times: readonly number[];
  /** Of each record in turn its key and value, then names and values of its headers; and the size of each, -1 for none. */
  readonly parts: readonly Part[];
  readonly sizes: readonly number[];
  /** Of each record, how many parts and how many bytes. */
  readonly counts: readonly number[];
  readonly bodies: readonly number[];
  readonly bytes: number;
}

/** Of a batch, in bytes: its first offset and length, and what it says between that and its records. */
const BATCH_START = 12;
const BATCH_HEAD = 49;

/**
 * The body of a Produce request, versions 3 to 7, uncompressed and without a transaction, in one buffer of its size
 * (https://kafka.apache.org/protocol, record batches: https://kafka.apache.org/documentation/#recordbatch). kafkajs copies each
 * record ten times over on its way, through buffers that grow; collecting those took a fifth of the time of publishing.
 */
export function encodeProduceRequest(request: ProduceRequest): Buffer {
  const { acks, timeout, producerId = -1, producerEpoch = 0, topicData } = request;
  const now = Date.now();
  const id = BigInt(producerId);
  const topics = topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => measureRecords(partition, now)),
  }));
  const writer = new ByteWriter(sizeOf(topics));
  writer.int16(-1).int16(acks).int32(timeout).int32(topics.length);
  for (const { topic, partitions } of topics) {
    writer.int16(Buffer.byteLength(topic)).text(topic).int32(partitions.length);
    for (const partition of partitions) writeBatch(writer, partition, id, producerEpoch);
  }
  return writer.buffer;
}

function sizeOf(
  topics: readonly { readonly topic: string; readonly partitions: readonly MeasuredRecords[] }[],
): number {
  let size = 12;
  for (const { topic, partitions } of topics) {
    size += 6 + Buffer.byteLength(topic);
    for (const { bytes } of partitions) size += 8 + BATCH_START + BATCH_HEAD + bytes;
  }
  return size;
}

function measureRecords(toPartition: PartitionRecords, now: number): MeasuredRecords {
  const { messages } = toPartition;
  const times = messages.map(({ timestamp }) => Number(timestamp ?? now));
  const first = times.reduce((least, time) => Math.min(least, time), times[0] ?? now);
  const last = times.reduce((most, time) => Math.max(most, time), first);
  const [parts, sizes, counts, bodies]: [Part[], number[], number[], number[]] = [[], [], [], []];
  let bytes = 0;
  for (const [index, { key, value, headers }] of messages.entries()) {
    const from = parts.length;
    parts.push(key ?? null, value);
    if (headers) pushHeaders(parts, headers);
    let body = 1 + varintSize((times[index] ?? first) - first) + varintSize(index);
    body += varintSize((parts.length - from) / 2 - 1);
    for (let at = from; at < parts.length; at += 1) {
      const size = bytesOf(parts[at] ?? null);
      sizes.push(size);
      body += varintSize(size) + Math.max(size, 0);
    }
    counts.push(parts.length - from);
    bodies.push(body);
    bytes += varintSize(body) + body;
  }
  return { ...toPartition, first, last, times, parts, sizes, counts, bodies, bytes };
}

function pushHeaders(parts: Part[], headers: Headers): void {
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) for (const one of value) parts.push(name, one);
    else if (value !== undefined) parts.push(name, value);
  }
}

const bytesOf = (part: Part): number =>
  typeof part === 'string' ? Buffer.byteLength(part) : part === null ? -1 : part.length;

function writeBatch(writer: ByteWriter, batch: MeasuredRecords, producerId: bigint, epoch: number): void {
  const { partition, messages, bytes, first, last, firstSequence = 0 } = batch;
  writer.int32(partition).int32(BATCH_START + BATCH_HEAD + bytes);
  writer.int64(0n).int32(BATCH_HEAD + bytes);
  writer.int32(0).int8(2);
  const checksum = writer.at;
  writer.int32(0);
  const checked = writer.at;
  writer
    .int16(0)
    .int32(messages.length - 1)
    .int64(BigInt(first))
    .int64(BigInt(last));
  writer.int64(producerId).int16(epoch).int32(firstSequence).int32(messages.length);
  writeRecords(writer, batch);
  writer.buffer.writeUInt32BE(crc32c(writer.buffer.subarray(checked, writer.at)), checksum);
}

function writeRecords(
  writer: ByteWriter,
  { times, first, parts, sizes, counts, bodies }: MeasuredRecords,
): void {
  let at = 0;
  for (const [index, count] of counts.entries()) {
    const end = at + count;
    writer
      .varint(bodies[index] ?? 0)
      .int8(0)
      .varint((times[index] ?? first) - first)
      .varint(index);
    const headers = at + 2;
    for (; at < end; at += 1) {
      if (at === headers) writer.varint(count / 2 - 1);
      const part = parts[at] ?? null;
      writer.varint(sizes[at] ?? -1);
      if (typeof part === 'string') writer.text(part);
      else if (part) writer.bytes(part);
    }
    if (count === 2) writer.varint(0);
  }
}
