import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { PartitionerArgs } from 'kafkajs';
import { createRequire } from 'node:module';
import { groupByPartition } from './group-messages.js';
import { encodeProduceRequest, type ProduceRequest } from './produce-request.js';

const theirOwn = createRequire(import.meta.url);
const encodeTheirs = theirOwn('kafkajs/src/protocol/requests/produce/v3/request.js') as (
  asked: ProduceRequest,
) => {
  encode(): Promise<{ buffer: Buffer }>;
};
const groupTheirs = theirOwn('kafkajs/src/producer/groupMessagesPerPartition.js') as typeof groupByPartition;

const NOW = Date.UTC(2026, 2, 1);
beforeEach(() => void jest.spyOn(Date, 'now').mockReturnValue(NOW));
afterEach(() => void jest.restoreAllMocks());

const text = fc.string({ unit: 'binary' }).map((each) => each.toWellFormed());
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const part = fc.oneof(bytes, text, fc.constant('ü'.repeat(20_000)));
const headers = fc.dictionary(fc.string(), fc.oneof(part, fc.array(part, { maxLength: 3 })), { maxKeys: 4 });
/** Of as many digits each: kafkajs puts them in the order of texts. */
const timestamp = fc.integer({ min: 1e12, max: 9e12 }).map(String);
const timed = fc.record({ key: fc.option(part), value: fc.option(part), headers, timestamp });
const untimed = fc.record({ key: fc.option(part), value: fc.option(part) });
const messages = fc.oneof(
  fc.array(timed, { minLength: 1, maxLength: 5 }),
  fc.array(untimed, { minLength: 1, maxLength: 200 }),
);
const int32 = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const partition = fc.record({ partition: int32, firstSequence: int32, messages });
const topicData = fc.array(fc.record({ topic: text, partitions: fc.array(partition, { maxLength: 4 }) }), {
  maxLength: 3,
});
const request = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: int32,
  producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
  producerEpoch: fc.nat(32_767),
  topicData,
});

test('records are encoded as by kafkajs', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (asked) => {
      const theirs = (await encodeTheirs(asked).encode()).buffer;
      expect(encodeProduceRequest(asked).toString('hex')).toBe(theirs.toString('hex'));
    }),
    { numRuns: 200 },
  );
});

test('a request without a producer id is encoded as by kafkajs', async () => {
  const asked = {
    ...{ acks: 1, timeout: 5 },
    topicData: [{ topic: 't', partitions: [{ partition: 3, messages: [{ value: 'v' }] }] }],
  };
  expect(encodeProduceRequest(asked)).toEqual((await encodeTheirs(asked).encode()).buffer);
});

test('records with earlier timestamps or without one are encoded as by kafkajs', () => {
  const batch = (...timestamps: (number | undefined)[]): Buffer =>
    encodeProduceRequest({
      ...{ acks: 1, timeout: 5 },
      topicData: [
        {
          topic: '',
          partitions: [
            { partition: 0, messages: timestamps.map((timestamp) => ({ value: 'v', timestamp })) },
          ],
        },
      ],
    });
  const times = (buffer: Buffer): number[] => [53, 61].map((at) => Number(buffer.readBigInt64BE(at)));
  expect(times(batch(NOW - 5, undefined, NOW - 7))).toEqual([NOW - 7, NOW]);
  expect(times(batch(999, 1_000))).toEqual([999, 1_000]);
});

test('messages are grouped by partition as by kafkajs, in order', () => {
  const partitioner = ({ message: { value } }: PartitionerArgs): number => (value?.length ?? 0) % 3;
  const partitionMetadata = [0, 1, 2].map((partitionId) => ({
    ...{ partitionId, leader: 1, partitionErrorCode: 0, replicas: [], isr: [] },
  }));
  fc.assert(
    fc.property(fc.array(text), (values) => {
      const asked = {
        topic: 't',
        partitionMetadata,
        messages: values.map((value) => ({ value })),
        partitioner,
      };
      expect({ ...groupByPartition(asked) }).toEqual(groupTheirs(asked));
      expect({ ...groupByPartition({ ...asked, partitionMetadata: [] }) }).toEqual({});
    }),
  );
});
