import { money, roundToMinor } from './attribution/money.js';
import type { OpportunityChanged } from './events.js';

/** The amount of an opportunity at some time. */
export interface CurrentAmount {
  readonly amountMinor: number;
  /** The same as a decimal, if it was reported without its currency. */
  readonly amount?: string | undefined;
  /** Empty before any report named one. */
  readonly currency: string;
}

type AmountFields = Pick<OpportunityChanged, 'amount' | 'amountMinor' | 'currency' | 'defaultCurrency'>;

/** An amount that was reported without its currency is in that of the opportunity, whichever was reported first. */
export function amountAfter(before: CurrentAmount, reported: AmountFields): CurrentAmount {
  const known = before.currency === '' ? (reported.defaultCurrency ?? '') : before.currency;
  const currency = reported.currency ?? known;
  if (reported.amountMinor !== undefined)
    return { amount: undefined, amountMinor: reported.amountMinor, currency };
  const amount = reported.amount ?? before.amount;
  if (amount !== undefined) return { amount, amountMinor: roundToMinor(amount, currency), currency };
  const isSameUnit = before.currency === '' || before.currency === currency;
  return { amount, amountMinor: isSameUnit ? before.amountMinor : convertUnits(before, currency), currency };
}

/** The same number of another currency. */
const convertUnits = ({ amountMinor, currency }: CurrentAmount, to: string): number =>
  roundToMinor(money(amountMinor, currency).amount, to);
