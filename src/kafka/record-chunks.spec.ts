import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chunkRecords } from './record-chunks.js';

const record = (size: number) => ({
  key: 'k',
  value: 'x'.repeat(size),
  headers: { a: ['1', Buffer.from('2')] },
});

test('chunks contain all records in order, and no more than a broker accepts at once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 900_000 }), { maxLength: 20 }), (sizes) => {
      const records = sizes.map(record);
      const parts = [...chunkRecords(records)];
      expect(parts.flat()).toEqual(records);
      for (const part of parts) {
        const bytes = part.reduce((sum, { value }) => sum + value.length, 0);
        expect(part.length === 1 || bytes <= 700 * 1024).toBe(true);
      }
    }),
    { numRuns: 30 },
  );
});

test('as many records as fit are one chunk', () => {
  expect([...chunkRecords(Array.from({ length: 1_000 }, () => record(500)))]).toHaveLength(1);
  expect([...chunkRecords([])]).toEqual([]);
});
