import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { replay } from './decider.js';
import { investmentOf, type ReportedInvestment } from './investment.js';
import { Refused } from './refused.js';
import { replace, replacedWhole, type ReplacingEvent } from './replaced-whole.js';

const fair: ReportedInvestment = {
  investmentId: 'fair-1',
  amount: '1000.00',
  currency: 'EUR',
  from: '2026-03-01',
  to: '2026-04-01',
  source: 'Trade Fair',
};
const refusal = (work: () => unknown): [string, string | undefined] | undefined => {
  try {
    work();
  } catch (error) {
    if (error instanceof Refused) return [error.code, error.path];
    throw error;
  }
  return undefined;
};

test('an investment is recorded in minor units, with the label that touchpoints of its source have', () => {
  expect(investmentOf({ ...fair, note: 'booth' })).toEqual({
    ...{ investmentId: 'fair-1', amountMinor: 100_000, currency: 'EUR', note: 'booth' },
    ...{ from: '2026-03-01', to: '2026-04-01', for: { dimension: 'source', value: 'trade fair' } },
  });
});

test.each([
  ['-12.50', -1250],
  ['0.00', 0],
  ['-0', 0],
  ['90071992547409.91', Number.MAX_SAFE_INTEGER],
])('the amount %s of an investment is %d minor units', (amount, minor) => {
  expect(investmentOf({ ...fair, amount }).amountMinor).toBe(minor);
});

test.each<[string, Partial<ReportedInvestment>, string, string]>([
  ['an unknown currency', { currency: 'XYZ' }, 'currency-unknown', 'currency'],
  ['more decimals than the currency has', { amount: '1.005' }, 'amount-decimals', 'amount'],
  ['an amount of 10^30', { amount: `1${'0'.repeat(29)}` }, 'amount-too-large', 'amount'],
  ['an amount of 31 digits', { amount: `1${'0'.repeat(30)}` }, 'amount-malformed', 'amount'],
  ['an amount with two signs', { amount: '--5' }, 'amount-malformed', 'amount'],
  ['a period of no day', { to: '2026-03-01' }, 'period-empty', 'to'],
  ['a reversed period', { to: '2026-02-01' }, 'period-reversed', 'to'],
  ['a period of a hundred years', { to: '2126-03-01' }, 'period-too-long', 'to'],
  ['a day that no calendar has', { from: '2026-02-30' }, 'day-invalid', 'from'],
  ['an instant instead of a day', { to: '2026-04-01T00:00:00Z' }, 'day-invalid', 'to'],
  ['nothing that it is for', { source: undefined }, 'target-missing', 'source'],
  ['both a source and a campaign', { campaign: 'spring' }, 'target-ambiguous', 'campaign'],
  ['a channel that does not exist', { source: undefined, channel: 'tv' }, 'channel-unknown', 'channel'],
  ['a source of invisible characters', { source: '\u200b\u00ad' }, 'label-blank', 'source'],
])('an investment with %s is refused', (_, part, code, path) => {
  expect(refusal(() => investmentOf({ ...fair, ...part }))).toEqual([code, path]);
});

describe('what replaces a report as a whole', () => {
  type Event = ReplacingEvent<'InvestmentRecorded'>;
  const decider = replacedWhole<Event>();
  const event = (id: string, at: number, amount: string): Event => ({
    ...{ type: 'InvestmentRecorded', id, occurredAt: new Date(at) },
    data: investmentOf({ ...fair, amount }),
  });
  const say = (amount: string, state = decider.initial, correlationId?: string): Event[] =>
    replace<Event>({ type: 'InvestmentRecorded', data: investmentOf({ ...fair, amount }) }, state, {
      ...{ now: new Date(5_000), correlationId },
    });

  test('is the latest report, in whatever order they were recorded', () => {
    const reports = [event('a', 1, '1'), event('b', 2, '2'), event('c', 2, '3')];
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: 3 }), (order) => {
        expect(replay(decider, order).latest?.id).toBe('c');
      }),
    );
  });

  test('is not recorded again while it says the same', () => {
    expect(say('1.00', replay(decider, [event('a', 1, '1')]))).toEqual([]);
  });

  test('is not decided again after a correction when a command is repeated', () => {
    const [first] = say('1', decider.initial, 'command-1');
    const [second] = say('2', replay(decider, first ? [first] : []), 'command-2');
    const state = replay(
      decider,
      [first, second].filter((each) => each !== undefined),
    );
    expect(say('1', state, 'command-1')).toEqual([]);
    expect(say('1', state, 'command-3')).toHaveLength(1);
  });

  test('is never recorded before what is known', () => {
    const [correction] = say('2', replay(decider, [event('a', 9_000, '1')]));
    expect(+(correction?.occurredAt ?? 0)).toBe(9_000);
  });
});
