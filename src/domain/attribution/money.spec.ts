import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Refused } from '../refused.js';
import {
  convert,
  dayOf,
  exponentOf,
  inCurrency,
  money,
  parseAmount,
  toReportingCurrency,
  distribute,
} from './money.js';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
  return 'accepted';
};
const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((total, each) => total + each, 0n);

describe('parseAmount', () => {
  test.each([
    ['120000.00', 'USD', 12_000_000],
    ['120000', 'USD', 12_000_000],
    ['0.5', 'USD', 50],
    ['0', 'USD', 0],
    ['-0.00', 'USD', 0],
    ['1000', 'JPY', 1000],
    ['1000.00', 'JPY', 1000],
    ['1.234', 'KWD', 1234],
    ['90071992547409.91', 'USD', Number.MAX_SAFE_INTEGER],
  ])('reads %s %s as %i minor units', (text, currency, minor) =>
    expect(parseAmount(text, currency)).toBe(minor),
  );

  test.each([
    ['12.345', 'USD', 'amount-decimals'],
    ['0.5', 'JPY', 'amount-decimals'],
    ['-1.00', 'USD', 'amount-negative'],
    ['1e5', 'USD', 'amount-malformed'],
    ['1,000.00', 'USD', 'amount-malformed'],
    ['', 'USD', 'amount-malformed'],
    ['.5', 'USD', 'amount-malformed'],
    ['90071992547409.92', 'USD', 'amount-too-large'],
    ['9'.repeat(30), 'USD', 'amount-too-large'],
    ['1.00', 'XYZ', 'currency-unknown'],
    ['1.00', 'usd', 'currency-unknown'],
  ])('refuses %s %s with the code %s', (text, currency, code) =>
    expect(codeOf(() => parseAmount(text, currency))).toBe(code),
  );

  test('reads a formatted amount as the same amount', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.constantFrom('USD', 'JPY', 'KWD', 'CLF', 'HUF'), (minor, currency) => {
        const printed = money(minor, currency);
        expect(parseAmount(printed.amount, currency)).toBe(minor);
        expect(printed.amount).toMatch(
          exponentOf(currency) ? new RegExp(`^\\d+\\.\\d{${exponentOf(currency)}}$`) : /^\d+$/,
        );
      }),
    );
    expect(money(-5, 'USD').amount).toBe('-0.05');
  });
});

describe('distributing an amount', () => {
  test.each<[bigint, bigint[], bigint[]]>([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [10n, [40n, 25n, 35n], [4n, 3n, 3n]],
    [1n, [1n, 1n], [1n, 0n]],
    [0n, [2n, 3n], [0n, 0n]],
    [3n, [6n, 1n, 1n, 1n, 6n], [2n, 0n, 0n, 0n, 1n]],
    [10n ** 18n, [1n, 1n, 1n], [333333333333333334n, 333333333333333333n, 333333333333333333n]],
    [2n ** 53n + 1n, [1n, 1n], [2n ** 52n + 1n, 2n ** 52n]],
  ])(
    'gives the units of %d left over by weights of %j to the largest remainders, ties to the earlier',
    (minor, weights, shares) => expect(distribute(minor, weights)).toEqual(shares),
  );

  const weights = fc
    .array(fc.oneof(fc.constant(0n), fc.bigInt(1n, 7n), fc.bigInt(1n, 10n ** 30n)), {
      minLength: 1,
      maxLength: 60,
    })
    .filter((list) => sum(list) > 0n);
  const amount = fc.oneof(
    fc.constantFrom(0n, 1n, BigInt(Number.MAX_SAFE_INTEGER), 10n ** 18n),
    fc.bigInt(0n, 10n ** 18n),
  );

  test('loses and adds no unit, and every share differs from its exact value by less than a unit', () => {
    fc.assert(
      fc.property(amount, weights, (minor, list) => {
        const shares = distribute(minor, list);
        const whole = sum(list);
        expect(sum(shares)).toBe(minor);
        shares.forEach((share, index) => {
          const distance = share * whole - minor * (list[index] ?? 0n);
          expect(distance > -whole && distance < whole).toBe(true);
          if (list[index] === 0n) expect(share).toBe(0n);
        });
      }),
    );
  });

  test('never gives less to a larger weight, or to the same weight earlier', () => {
    fc.assert(
      fc.property(amount, weights, (minor, list) => {
        const shares = distribute(minor, list);
        const order = [...list.keys()].sort((a, b) =>
          list[a] === list[b] ? a - b : list[a]! > list[b]! ? -1 : 1,
        );
        const inOrder = order.map((index) => shares[index]!);
        expect(inOrder.every((share, nth) => nth === 0 || share <= inOrder[nth - 1]!)).toBe(true);
      }),
    );
  });

  test('does not depend on the scale of the weights', () => {
    fc.assert(
      fc.property(amount, weights, fc.bigInt(1n, 10n ** 20n), (minor, list, unit) =>
        expect(
          distribute(
            minor,
            list.map((weight) => weight * unit),
          ),
        ).toEqual(distribute(minor, list)),
      ),
    );
  });

  test.each<[bigint, bigint[]]>([
    [5n, [0n, 0n]],
    [5n, []],
    [-1n, [1n]],
    [5n, [2n, -1n]],
  ])('of %d by weights of %j is refused', (minor, list) =>
    expect(() => distribute(minor, list)).toThrow(RangeError),
  );
});

describe('currency conversion', () => {
  test.each([
    [100_00, 'EUR', 'USD', '1.0842', 108_42],
    [1000, 'JPY', 'USD', '0.0067', 670],
    [1_000, 'KWD', 'USD', 3.25, 325],
    [100, 'USD', 'JPY', '149.5', 150], // 149.5 rounds away from zero
    [1, 'USD', 'KWD', '0.3', 3],
    [10_000_000, 'VND', 'USD', 3.8e-5, 38_000],
    [1, 'USD', 'EUR', '0.5', 1],
    [1, 'USD', 'EUR', '0.4999', 0],
  ])('%i minor %s in %s at %s is %i', (minor, from, to, rate, converted) =>
    expect(convert(BigInt(minor), from, to, rate)).toBe(BigInt(converted)),
  );

  test('is exact where floating point is not', () => {
    expect(convert(9_007_199_254_740_991n, 'EUR', 'USD', '0.1')).toBe(900_719_925_474_099n);
    expect(convert(2n ** 53n - 1n, 'USD', 'VND', '102.4')).toBe(9_223_372_036_854_775n);
    expect(convert(2n ** 53n - 1n, 'USD', 'IDR', '1000')).toBe(9_007_199_254_740_991_000n);
    expect(convert(2n ** 53n - 1n, 'USD', 'IDR', '15500')).toBeUndefined();
  });

  const reporting = {
    currency: 'USD',
    timeZone: 'America/New_York',
    rates: [
      { currency: 'EUR', date: '2026-03-01', rate: 1.2 },
      { currency: 'EUR', date: '2026-01-01', rate: 1.1 },
      { currency: 'GBP', date: '2026-01-01', rate: 1.3 },
    ],
  };
  test("uses the latest rate on or before the day in the workspace's time zone", () => {
    expect(toReportingCurrency(100n, 'EUR', new Date('2026-02-28T12:00:00Z'), reporting)).toBe(110n);
    expect(toReportingCurrency(100n, 'EUR', new Date('2026-03-01T04:59:00Z'), reporting)).toBe(110n); // still February in New York
    expect(toReportingCurrency(100n, 'EUR', new Date('2026-03-01T05:00:00Z'), reporting)).toBe(120n);
    expect(toReportingCurrency(100n, 'USD', new Date('2020-01-01T00:00:00Z'), reporting)).toBe(100n);
  });

  test('without a rate is undefined, never zero', () => {
    expect(toReportingCurrency(100n, 'EUR', new Date('2025-12-31T12:00:00Z'), reporting)).toBeUndefined();
    expect(toReportingCurrency(100n, 'CHF', new Date('2026-12-31T12:00:00Z'), reporting)).toBeUndefined();
  });

  test('between two other currencies is one step, rounded once', () => {
    const at = new Date('2026-03-02T12:00:00Z');
    const to = (currency: string, minor: bigint, other: string) =>
      inCurrency(minor, currency, at, { to: other, reporting });
    expect([to('GBP', 1_000n, 'EUR'), to('USD', 120n, 'EUR'), to('EUR', 1n, 'EUR')]).toEqual([
      1_083n,
      100n,
      1n,
    ]);
    expect([to('CHF', 1n, 'EUR'), to('EUR', 1n, 'CHF')]).toEqual([undefined, undefined]);
  });

  test('uses the day in the given time zone', () => {
    expect(dayOf(new Date('2026-03-01T23:30:00Z'), 'Europe/Berlin')).toBe('2026-03-02');
    expect(dayOf(new Date('2026-03-01T23:30:00Z'), 'UTC')).toBe('2026-03-01');
  });
});
