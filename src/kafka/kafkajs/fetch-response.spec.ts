import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { Headers } from '../kafka.js';
import { type Decode, type Decoder, decodeRecordBatches } from './fetch-response.js';
import { type Message, encodeProduceRequest } from './produce-request.js';
import { AT, type Fetched } from './record-batch.js';

const theirOwn = createRequire(import.meta.url);
const theirs = theirOwn('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js') as Decode;
const NewDecoder = theirOwn('kafkajs/src/protocol/decoder.js') as new (buffer: Buffer) => Decoder;
const ours = decodeRecordBatches(theirs);

/** Batches as they lie in an answer to a fetch, with their size before and something else after. */
const answer = (...batches: readonly Buffer[]): Decoder => {
  const bytes = Buffer.concat(batches);
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return new NewDecoder(Buffer.concat([size, bytes, Buffer.from('after')]));
};

/** A batch as a broker keeps it, its first record at `offset`. */
function batch(messages: readonly Message[], offset = 0): Buffer {
  const partitions = [{ partition: 0, messages }];
  const bytes = encodeProduceRequest({
    acks: 1,
    timeout: 0,
    topicData: [{ topic: '', partitions }],
  }).subarray(26);
  bytes.writeBigInt64BE(BigInt(offset), 0);
  return bytes;
}

/** What kafkajs and we use of a record. */
const used = (records: readonly Fetched[]): object[] =>
  records.map(({ timestamp, offset, key, value, headers, isControlRecord, batchContext }) => {
    const { producerId, inTransaction } = batchContext;
    return { timestamp, offset, key, value, headers, isControlRecord, producerId, inTransaction };
  });

const part = fc.option(fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array)));
/** kafkajs takes what every object has for a first value of the name. */
const name = fc.string().filter((text) => !(text in {}));
const headers = fc.dictionary(name, fc.string(), { maxKeys: 3 });
const message = fc.record({
  key: part,
  value: part,
  headers,
  timestamp: fc.constantFrom('1772323200000', '1772323200001'),
});
const batches = fc.array(fc.array(message, { minLength: 1, maxLength: 5 }), { maxLength: 4 });

const values = (...texts: string[]): Message[] =>
  texts.map((value) => ({ value, timestamp: '1772323200000' }));
const read = async (decoder: Decoder): Promise<(string | undefined)[]> =>
  (await ours(decoder)).map(
    ({ offset, value, unreadable }) => `${offset} ${value?.toString() ?? unreadable}`,
  );

test('records are decoded as by kafkajs, even if the last batch is truncated', async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(80), async (each, cut) => {
      const whole = Buffer.concat(each.map((messages, nth) => batch(messages, nth * 10)));
      const bytes = whole.subarray(0, Math.max(0, whole.length - cut));
      fc.pre(bytes.length === 0 || bytes.length > AT.magic);
      const [mine, other] = [answer(bytes), answer(bytes)];
      expect(used(await ours(mine))).toEqual(used(await theirs(other)));
      expect(mine.offset).toBe(other.offset);
    }),
  );
});

test('a batch truncated before its magic byte is skipped, and later batches are read', async () => {
  for (let length = 1; length <= AT.magic; length += 1) {
    const decoder = answer(batch(values('a')).subarray(0, length));
    expect(await ours(decoder)).toEqual([]);
    expect(decoder.buffer.subarray(decoder.offset).toString()).toBe('after');
  }
});

test('any valid batch is decoded as by kafkajs', async () => {
  const value = fc.oneof(part, fc.array(fc.uint8Array({ maxLength: 9 }).map((array) => Buffer.from(array))));
  const records = fc.array(
    fc.record({
      key: part,
      value: part,
      headers: fc.dictionary(name, value, { maxKeys: 3 }),
      timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const said = fc.record({
    attributes: fc.constantFrom(0, 0x8, 0x10, 0x20, 0x38),
    offset: fc.integer({ min: 0, max: 2 ** 50 }),
    maxTimestamp: fc.bigInt({ min: -1n, max: 2n ** 62n }),
    producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
    gzip: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      records,
      said,
      async (messages, { attributes, offset, maxTimestamp, producerId, gzip }) => {
        const plain = batch(messages, offset);
        const bytes = gzip
          ? Buffer.concat([plain.subarray(0, AT.records), gzipSync(plain.subarray(AT.records))])
          : plain;
        bytes.writeInt32BE(bytes.length - AT.length - 4, AT.length);
        bytes.writeInt16BE(attributes | (gzip ? 1 : 0), AT.attributes);
        bytes.writeBigInt64BE(maxTimestamp, AT.maxTimestamp);
        bytes.writeBigInt64BE(producerId, AT.producerId);
        expect(used(await ours(answer(bytes)))).toEqual(used(await theirs(answer(bytes))));
      },
    ),
  );
});

test('a header may have any name, including that of an object property, and no value', async () => {
  const given = [
    ['__proto__', Buffer.from('1')],
    ['constructor', [Buffer.from('2'), Buffer.from('3')]],
    ['toString', null],
    ['', Buffer.from('')],
  ] as const;
  const [record] = await ours(
    answer(batch([{ value: null, headers: Object.fromEntries(given) as Headers }])),
  );
  expect(Object.entries(record?.headers ?? {})).toEqual(given);
});

test('a batch with any corruption is either read or becomes one record, and the next batch is read', async () => {
  const next = batch(values('next'), 100);
  const broken = fc.uint8Array({ minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      broken,
      async (messages, at, bytes) => {
        const one = batch(messages, 10);
        one.set(bytes.subarray(0, one.length - AT.count), AT.count + (at % (one.length - AT.count - 3)));
        const records = await ours(answer(one, next));
        expect(records.at(-1)).toMatchObject({ offset: '100', value: Buffer.from('next') });
        if (records.some(({ unreadable }) => unreadable !== undefined)) expect(records).toHaveLength(2);
      },
    ),
    { numRuns: 500 },
  );
});

describe('an unreadable batch becomes one record with its last offset, and the next batch is read,', () => {
  const next = batch(values('next'), 13);

  test('if its compression is invalid', async () => {
    const broken = batch(values('a', 'b', 'c'), 10);
    broken.writeInt16BE(1, 21);
    expect(await read(answer(broken, next))).toEqual([
      expect.stringMatching(/^12 The batch of the offsets 10 to 12 cannot be read: .*incorrect header/),
      '13 next',
    ]);
  });

  test('if its records are invalid', async () => {
    const broken = batch(values('a', 'b', 'c'), 10);
    broken.fill(0x7f, 61);
    expect(await read(answer(broken, next))).toEqual([
      expect.stringMatching(/^12 The batch of .* 10 to 12/),
      '13 next',
    ]);
  });

  test('if it has more records than memory should hold', async () => {
    const crowded = batch(values('a', 'b', 'c'), 10);
    crowded.writeInt32BE(200_001, 57);
    expect(await read(answer(crowded, next))).toEqual([
      '12 The batch of the offsets 10 to 12 cannot be read: it holds 200001 records, more than 200000',
      '13 next',
    ]);
  });

  test('but a batch with the maximum number of records is read', async () => {
    const many = batch(Array.from({ length: 200_000 }, () => ({ value: null })));
    expect(await ours(answer(many))).toHaveLength(200_000);
  });
});

test('batches beyond the limit of decompressed bytes are left for the next fetch', async () => {
  const large = (offset: number): Buffer =>
    batch([{ value: 'x'.repeat(600_000) }, { value: 'last' }], offset);
  const decoder = answer(...[0, 2, 4, 6].map(large));
  expect((await ours(decoder)).map(({ offset }) => offset)).toEqual(['0', '1', '2', '3']);
  expect(decoder.buffer.subarray(decoder.offset).toString()).toBe('after');
});

test('record batches from before Kafka 0.11 are decoded by kafkajs', async () => {
  const old = Buffer.alloc(40);
  old.writeInt8(1, 16);
  const left: Decoder[] = [];
  const decoder = answer(old);
  await decodeRecordBatches((given) => Promise.resolve((left.push(given), [])))(decoder);
  expect(left).toEqual([decoder]);
  expect(decoder.offset).toBe(0);
});
