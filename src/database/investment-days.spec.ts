import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { convert, inCurrency } from '../domain/attribution/money.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const amounts = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n });

/** The parts of an amount, between each two bounds. */
async function parts(minor: bigint, days: number, bounds: readonly number[]): Promise<bigint[]> {
  const { rows } = await db.pool.query<{ part: string }>(
    `SELECT touchline.amount_of_days($1, $2, bound, next) AS part
       FROM (SELECT bound, lead(bound) OVER (ORDER BY number) AS next, number
               FROM unnest($3::int[]) WITH ORDINALITY AS given (bound, number)) spans
      WHERE next IS NOT NULL ORDER BY number`,
    [String(minor), days, bounds],
  );
  return rows.map(({ part }) => BigInt(part));
}
const sum = (all: readonly bigint[]): bigint => all.reduce((total, one) => total + one, 0n);

test('an amount spread over days adds up to itself, however the days are cut into spans', async () => {
  const spread = fc.record({
    minor: amounts,
    days: fc.integer({ min: 1, max: 3_660 }),
    cuts: fc.array(fc.nat(3_660), { maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(spread, async ({ minor, days, cuts }) => {
      const bounds = [-7, ...cuts.map((cut) => cut % (days + 1)).sort((a, b) => a - b), days + 7];
      expect(sum(await parts(minor, days, bounds))).toBe(minor);
    }),
    { numRuns: 100 },
  );
});

test('days of an amount differ by one minor unit at most, the larger ones first', async () => {
  expect(await parts(-32n, 5, [0, 1, 2, 3, 4, 5])).toEqual([-7n, -7n, -6n, -6n, -6n]);
  expect(await parts(2n, 4, [0, 1, 2, 3, 4])).toEqual([1n, 1n, 0n, 0n]);
});

test('an amount is converted as the credit ledger does', async () => {
  const currency = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF');
  const rate = fc.oneof(
    fc.constantFrom(1e-7, 1.08, 0.005, 149.5),
    fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  );
  await fc.assert(
    fc.asyncProperty(amounts, currency, currency, rate, async (minor, from, to, value) => {
      fc.pre(from !== to);
      const rates = [{ currency: from, date: '2026-01-01', rate: value }];
      const { rows } = await db.pool.query<{ minor: string | null }>(
        `SELECT touchline.reported_minor($1, $2, '2026-02-01', $3, $4) AS minor`,
        [String(minor), from, to, JSON.stringify(rates)],
      );
      const size = convert(minor < 0n ? -minor : minor, from, to, value);
      const expected = size === undefined ? null : String(minor < 0n ? -size : size);
      expect(rows[0]?.minor).toBe(expected);
    }),
    { numRuns: 200 },
  );
});

test('an amount in another currency than the reporting one is that of the credit ledger', async () => {
  const currency = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF');
  const rate = fc.oneof(fc.constantFrom(1e-7, 1.08, 0.005), fc.double({ min: 1e-6, max: 1e6, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(
      amounts,
      currency,
      currency,
      fc.array(rate, { minLength: 4, maxLength: 4 }),
      async (minor, from, to, values) => {
        const rates = ['EUR', 'USD', 'JPY', 'KWD'].map((code, index) => ({ currency: code, date: '2026-01-01', rate: values[index]! })); // prettier-ignore
        const { rows } = await db.pool.query<{ minor: string | null }>(
          `SELECT touchline.minor_in_currency($1, $2, '2026-02-01', $3, 'CLF', $4) AS minor`,
          [String(minor), from, to, JSON.stringify(rates)],
        );
        const reporting = { currency: 'CLF', timeZone: 'UTC', rates };
        const size = inCurrency(minor < 0n ? -minor : minor, from, new Date('2026-02-01T12:00:00Z'), { to, reporting }); // prettier-ignore
        const expected = size === undefined ? null : String(minor < 0n ? -size : size);
        expect(rows[0]?.minor).toBe(expected);
      },
    ),
    { numRuns: 200 },
  );
});

test.each([
  ['before the first rate', '2025-12-31', null],
  ['from the day of a rate on', '2026-01-01', '200'],
  ['from the day of the next one on', '2026-02-01', '300'],
])('an amount %s is converted at the last published rate, or unknown', async (_, day, expected) => {
  const rates = [
    { currency: 'EUR', date: '2026-02-01', rate: 3 },
    { currency: 'EUR', date: '2026-01-01', rate: 2 },
    { currency: 'GBP', date: '2026-01-01', rate: 9 },
  ];
  const { rows } = await db.pool.query(
    `SELECT touchline.reported_minor(100, 'EUR', $1, 'USD', $2) AS minor`,
    [day, JSON.stringify(rates)],
  );
  expect(rows).toEqual([{ minor: expected }]);
});
