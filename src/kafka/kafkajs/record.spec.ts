import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { encodeRecord, type ToEncode } from './record.js';

const require = createRequire(import.meta.url);
const theirs = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: ToEncode) => {
  readonly buffer: Buffer;
};

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const part = fc.oneof(
  bytes,
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
);
const headers = fc.dictionary(fc.string(), fc.oneof(part, fc.array(part, { maxLength: 3 })));

test('a record is encoded as kafkajs does it', () => {
  fc.assert(
    fc.property(
      fc.record({
        offsetDelta: fc.nat(10_000),
        timestampDelta: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 45 })),
        key: fc.option(part),
        value: fc.option(part),
        headers,
      }),
      (record) => {
        expect(encodeRecord(record).buffer.toString('hex')).toBe(theirs(record).buffer.toString('hex'));
      },
    ),
    { numRuns: 500 },
  );
});
