import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Refused } from '../refused.js';
import { convert, dayOf, exponentOf, money, parseAmount, reported, shareOut } from './money.js';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
  return 'accepted';
};
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

describe('amounts', () => {
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
  ])('%s %s is %i minor units', (text, currency, minor) => expect(parseAmount(text, currency)).toBe(minor));

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
  ])('%s %s is refused: %s', (text, currency, code) =>
    expect(codeOf(() => parseAmount(text, currency))).toBe(code),
  );

  test('what is printed reads back as the same amount', () => {
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

describe('sharing an amount out', () => {
  test('the units left over go to the largest remainders, ties to the earlier', () => {
    expect(shareOut(100, [1 / 3, 1 / 3, 1 / 3])).toEqual([34, 33, 33]);
    expect(shareOut(10, [0.4, 0.25, 0.35])).toEqual([4, 3, 3]);
    expect(shareOut(1, [0.5, 0.5])).toEqual([1, 0]);
    expect(shareOut(0, [0.4, 0.6])).toEqual([0, 0]);
  });

  const weights = fc
    .array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 60,
    })
    .filter((list) => list.some((weight) => weight > 0));

  test('no unit is lost or made, none goes to a weight of 0, and each share is within a unit of its due', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.maxSafeNat()),
        weights,
        (minor, list) => {
          const shares = shareOut(minor, list);
          expect(sum(shares)).toBe(minor);
          shares.forEach((share, index) => {
            expect(share).toBeGreaterThanOrEqual(0);
            if (list[index] === 0) expect(share).toBe(0);
            if (minor < 2 ** 40)
              expect(Math.abs(share - (minor * list[index]!) / sum(list))).toBeLessThan(1.001);
          });
        },
      ),
    );
  });

  test('without any weight there is nothing to share by', () =>
    expect(() => shareOut(5, [0, 0])).toThrow(RangeError));
});

describe('conversion', () => {
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
    expect(convert(minor, from, to, rate)).toBe(converted),
  );

  test('exact where floating point is not', () => {
    expect(convert(9_007_199_254_740_991, 'EUR', 'USD', '0.1')).toBe(900_719_925_474_099);
    expect(convert(Number.MAX_SAFE_INTEGER, 'USD', 'IDR', '15500')).toBeUndefined();
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
  test('by the last rate on or before the day of the workspace', () => {
    expect(reported(100, 'EUR', new Date('2026-02-28T12:00:00Z'), reporting)).toBe(110);
    expect(reported(100, 'EUR', new Date('2026-03-01T04:59:00Z'), reporting)).toBe(110); // still February in New York
    expect(reported(100, 'EUR', new Date('2026-03-01T05:00:00Z'), reporting)).toBe(120);
    expect(reported(100, 'USD', new Date('2020-01-01T00:00:00Z'), reporting)).toBe(100);
  });

  test('an unknown rate is unknown, never zero', () => {
    expect(reported(100, 'EUR', new Date('2025-12-31T12:00:00Z'), reporting)).toBeUndefined();
    expect(reported(100, 'CHF', new Date('2026-12-31T12:00:00Z'), reporting)).toBeUndefined();
  });

  test('a day is that of the time zone', () => {
    expect(dayOf(new Date('2026-03-01T23:30:00Z'), 'Europe/Berlin')).toBe('2026-03-02');
    expect(dayOf(new Date('2026-03-01T23:30:00Z'), 'UTC')).toBe('2026-03-01');
  });
});
