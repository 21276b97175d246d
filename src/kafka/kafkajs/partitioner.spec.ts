import { expect, test } from '@jest/globals';
import { murmur2, partitioner } from './partitioner.js';

/** From the tests of Kafka's Java client. */
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('the murmur2 hash of %s equals that of other clients', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test('records of one key go to one partition, and records without a key to all', () => {
  const partition = partitioner();
  const partitionMetadata = Array.from({ length: 4 }, (_, partitionId) => ({
    ...{ partitionId, leader: 1, partitionErrorCode: 0, replicas: [], isr: [] },
  }));
  const of = (key: string | null): number =>
    partition({ topic: 't', partitionMetadata, message: { key, value: '' } });
  expect(of('foobar')).toBe(of('foobar'));
  expect(new Set([of(null), of(null), of(null), of(null)]).size).toBe(4);
});
