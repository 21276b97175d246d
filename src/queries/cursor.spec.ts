import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Problem } from '../http/problem.js';
import { ANY_TEXT, DECIMAL, INSTANT, readCursor, UUID, writeCursor } from './cursor.js';

const ID = '0193e0a4-5a7b-8c00-9d3e-2f1a4b5c6d7e';

test('a cursor is read as it was written', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 17n }),
      fc.array(fc.string().filter((text) => !text.includes('\0'))),
      (asOf, after) => {
        const question = ['main', 'leads', { stage: 'x' }];
        const cursor = writeCursor(question, { asOf, after });
        const shapes = after.map(() => ANY_TEXT);
        expect(readCursor(cursor, question, shapes)).toEqual({ asOf, after });
      },
    ),
  );
});

const valid = writeCursor(['main', 'leads'], { asOf: 5n, after: ['2026-03-01T00:00:00.000Z', ID] });
const refusals = (text: string, question: unknown[] = ['main', 'leads']): string => {
  try {
    readCursor(text, question, [INSTANT, UUID]);
    return 'accepted';
  } catch (error) {
    return error instanceof Problem ? `${error.getStatus()} ${error.code}` : String(error);
  }
};

test('a cursor of another query or workspace is refused', () => {
  expect(refusals(valid)).toBe('accepted');
  expect(refusals(valid, ['other', 'leads'])).toBe('400 cursor-invalid');
  expect(refusals(valid, ['main', 'journey'])).toBe('400 cursor-invalid');
});

test('a cursor with invalid sort keys is refused before SQL is run', () => {
  const forged = (after: string[]): string => writeCursor(['main', 'leads'], { asOf: 5n, after });
  expect(refusals(forged(['now()', ID]))).toBe('400 cursor-invalid');
  expect(refusals(forged([ID]))).toBe('400 cursor-invalid');
});

test('any other text as cursor is refused without an internal error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json()), (text) => {
      expect(refusals(text)).toBe('400 cursor-invalid');
      expect(refusals(Buffer.from(text).toString('base64url'))).toBe('400 cursor-invalid');
    }),
  );
});

test.each([
  ['DECIMAL', DECIMAL, ['1e999', '-1e999', '1e-999', '1'.repeat(400), '.5', '1e', 'NaN', 'Infinity', '1;']],
  [
    'INSTANT',
    INSTANT,
    [
      '2026-02-30T00:00:00.000Z',
      '2026-13-01T00:00:00.000Z',
      '0000-01-01T00:00:00.000Z',
      '+275760-09-13T00:00:00.000Z',
      '-000001-01-01T00:00:00.000Z',
      'infinity',
    ],
  ],
])('a forged %s that PostgreSQL would refuse is not accepted in a cursor', (_, shape, forged) => {
  expect(forged.filter((text) => shape.test(text))).toEqual([]);
});

test('every possible score and time is accepted in a cursor', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      (score, at) => DECIMAL.test(String(score)) && INSTANT.test(at.toISOString()),
    ),
  );
  expect(INSTANT.test('-infinity')).toBe(true);
});
