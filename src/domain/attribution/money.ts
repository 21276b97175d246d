import { memoize } from '../memoize.js';
import { Refused } from '../refused.js';

/**
 * An amount as the API prints it; `minor` counts the smallest units of the currency. Null beyond 2^53, where a JSON number
 * would be rounded by most readers; `amount` is always exact.
 */
export interface Money {
  readonly amount: string;
  readonly minor: number | null;
  readonly currency: string;
}

/**
 * ISO 4217 as a fixed list, not `Intl`'s: its list and its digits change with ICU (0 for HUF, by cash habits), while
 * minor units in the log must mean the same for ever.
 */
const CURRENCIES = new Set(
  `
  AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
  CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
  GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD
  KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
  NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
  SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV
  WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
`
    .trim()
    .split(/\s+/),
);

const EXPONENTS = new Map<string, number>([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
    .split(' ')
    .map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);

/** Decimal places of a currency's minor unit. */
export const exponentOf = (currency: string): number => EXPONENTS.get(currency) ?? 2;

/** Whether `code` is a currency in upper-case ISO 4217. */
export const isCurrency = (code: string): boolean => CURRENCIES.has(code);

/** @throws Refused `currency-unknown` */
export function checkCurrency(code: string, path = 'currency'): string {
  if (isCurrency(code)) return code;
  throw new Refused(
    'currency-unknown',
    `${code.slice(0, 20)} is not an ISO 4217 currency code such as USD`,
    path,
  );
}

/**
 * Minor units of a decimal string such as "120000.00". Zeros beyond the currency's decimals are let pass.
 *
 * @throws Refused `amount-malformed`, `amount-negative`, `amount-decimals`, `amount-too-large`, `currency-unknown`
 */
export function parseAmount(text: string, currency: string, path = 'amount'): number {
  const exponent = exponentOf(checkCurrency(currency));
  const [, sign, whole = '', decimals = ''] = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text) ?? [];
  if (sign === undefined) {
    throw new Refused('amount-malformed', 'an amount is a decimal string such as "120000.00"', path);
  }
  if (!/^0*$/.test(decimals.slice(exponent))) {
    throw new Refused('amount-decimals', `${currency} has ${exponent} decimal places`, path);
  }
  const minor = Number(whole + decimals.slice(0, exponent).padEnd(exponent, '0'));
  if (!Number.isSafeInteger(minor)) throw new Refused('amount-too-large', 'the amount is too large', path);
  if (sign && minor > 0) throw new Refused('amount-negative', 'an amount cannot be negative', path);
  return minor;
}

/** The same for amounts that may be negative, such as "-120.00". @throws Refused as `parseAmount`, but for `amount-negative` */
export const parseSignedAmount = (text: string, currency: string, path?: string): number =>
  /^-\d/.test(text) ? 0 - parseAmount(text.slice(1), currency, path) : parseAmount(text, currency, path);

/**
 * Minor units of a decimal that was checked by `isAmount`, rounded half up: an amount may be reported before the currency, with
 * more decimal places than that has.
 */
export function roundToMinor(text: string, currency: string): number {
  const exponent = exponentOf(currency);
  const [whole = '', decimals = ''] = text.split('.');
  const kept = Number(whole + decimals.slice(0, exponent).padEnd(exponent, '0'));
  return Math.min(kept + ((decimals[exponent] ?? '0') >= '5' ? 1 : 0), Number.MAX_SAFE_INTEGER);
}

/** Whether it is a decimal of at most 15 digits in any currency, and not negative. */
export const isAmount = (text: string): boolean => /^\d{1,11}(\.\d{1,30})?$/.test(text);

/** @param minor a bigint or a safe integer, negative ones too (differences between reports). */
export function money(minor: number | bigint, currency: string): Money {
  const exponent = exponentOf(currency);
  const digits = String(minor)
    .replace('-', '')
    .padStart(exponent + 1, '0');
  const cut = digits.length - exponent;
  const amount = exponent === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  const exact = Number(minor);
  return {
    amount: minor < 0 ? `-${amount}` : amount,
    minor: Number.isSafeInteger(exact) ? exact : null,
    currency,
  };
}

/**
 * Shares an amount out in proportion to weights, to the last minor unit (law 6), by largest remainder: each share is
 * rounded down, and what is left goes one unit each to those that lost most; ties to the earlier. A weight of 0 gets 0,
 * and no share differs from its exact one by a whole unit. All of it in integers, so that equal remainders are equal.
 *
 * @param minor 0 or more
 * @param weights 0 or more, not all 0; only their proportions count
 * @throws RangeError when they are not: shares of anything else would not add up
 */
export function distribute(minor: bigint, weights: readonly bigint[]): bigint[] {
  if (minor < 0n) throw new RangeError(`no amount to share out: ${minor}`);
  if (weights.some((weight) => weight < 0n)) throw new RangeError('a weight is negative');
  const whole = total(weights);
  if (whole === 0n) throw new RangeError('no weight to share by');
  const shares = weights.map((weight) => (minor * weight) / whole);
  const left = Number(minor - total(shares));
  if (left === 0) return shares;
  const lost = weights.map((weight, index) => ({ index, rest: (minor * weight) % whole }));
  lost.sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest < b.rest ? 1 : -1));
  for (const { index } of lost.slice(0, left)) shares[index] = (shares[index] ?? 0n) + 1n;
  return shares;
}

const total = (numbers: readonly bigint[]): bigint => numbers.reduce((sum, each) => sum + each, 0n);

/** The largest amount that a column of minor units holds. */
const MAX_MINOR = 2n ** 63n - 1n;

/**
 * Converts minor units by a rate (units of `to` for one unit of `from`), exactly, then rounds half away from zero.
 *
 * @param rate decimal string, or a number taken as its shortest decimal form; more than 0
 * @param divisor another such rate, that the result is divided by before it is rounded
 * @returns undefined when the result is beyond 2^63 - 1
 */
export function convert(
  minor: bigint,
  from: string,
  to: string,
  rate: string | number,
  divisor: string | number = 1,
): bigint | undefined {
  const { digits, scale } = decimal(String(rate));
  const by = decimal(String(divisor));
  const shift = exponentOf(to) - exponentOf(from) - scale + by.scale;
  const numerator = minor * digits * 10n ** BigInt(Math.max(shift, 0));
  const denominator = by.digits * 10n ** BigInt(Math.max(-shift, 0));
  const converted = (2n * numerator + denominator) / (2n * denominator);
  return converted <= MAX_MINOR ? converted : undefined;
}

/** `digits · 10^-scale` of a decimal such as `1.0842` or `5e-7`. */
function decimal(text: string): { digits: bigint; scale: number } {
  const [, whole = '', fraction = '', power = '0'] =
    /^(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i.exec(text) ?? [];
  if (whole === '') throw new RangeError(`not a rate: ${text}`);
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(power) };
}

/** From `date` (YYYY-MM-DD) on, one unit of `currency` is `rate` units of the workspace's. */
export interface Rate {
  readonly currency: string;
  readonly date: string;
  readonly rate: string | number;
}

/** How a workspace reports: its currency, its days and the published rates. */
export interface Reporting {
  readonly currency: string;
  readonly timeZone: string;
  readonly rates: readonly Rate[];
}

/**
 * The amount in the reporting currency, at the last rate published for the day (of the workspace) of `at` or before.
 *
 * @returns undefined when there is no such rate: unknown, never zero
 */
export function toReportingCurrency(
  minor: bigint,
  currency: string,
  at: Date,
  reporting: Reporting,
): bigint | undefined {
  return inCurrency(minor, currency, at, { to: reporting.currency, reporting });
}

/**
 * The amount in any currency with a rate, converted over the reporting currency in one step: multiplied by the rate of its own currency and
 * divided by that of the other, then rounded once.
 *
 * @returns undefined when one of the two has no rate for the day: unknown, never zero
 */
export function inCurrency(
  minor: bigint,
  currency: string,
  at: Date,
  { to, reporting }: { readonly to: string; readonly reporting: Reporting },
): bigint | undefined {
  if (currency === to) return minor;
  const rate = rateAt(currency, at, reporting);
  const divisor = rateAt(to, at, reporting);
  return rate && divisor && convert(minor, currency, to, rate.rate, divisor.rate);
}

/** The last rate published for the day (of the workspace) of an instant or before; that of the reporting currency is 1. */
export const rateAt = (currency: string, at: Date, reporting: Reporting): Rate | undefined =>
  rateOn(currency, dayOf(at, reporting.timeZone), reporting);

/** The same of a day (YYYY-MM-DD). */
export function rateOn(currency: string, day: string, reporting: Reporting): Rate | undefined {
  if (currency === reporting.currency) return { currency, date: day, rate: 1 };
  return reporting.rates
    .filter((candidate) => candidate.currency === currency && candidate.date <= day)
    .reduce<Rate | undefined>(
      (last, candidate) => (last && last.date > candidate.date ? last : candidate),
      undefined,
    );
}

const dayFormat = memoize(
  100,
  (timeZone: string) =>
    new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }),
);

/** The calendar day (YYYY-MM-DD) of an instant in a time zone. */
export const dayOf = (at: Date, timeZone: string): string => dayFormat(timeZone).format(at);
