import { type Rate, rateOn } from '../domain/attribution/money.js';
import { memoize } from '../domain/memoize.js';
import { reportingOf } from './converted-ledger.js';
import type { ModelEvent } from './journey-models.js';
import type { View } from './read-models.js';
import type { ReportScope } from './report-scope.js';
import { Decimal, Instant, Integer, LogPosition, MaybeNested, Text, Uuid } from './response-fields.js';

/** A rate, and the version of the journey model that published it. */
export class RateItem {
  @Text('Currency that it is the rate of') currency!: string;
  @Text('In effect from this day in the time zone of the workspace') date!: string;
  @Decimal('Units of the currency of the journey model for one unit') rate!: number;
  @Integer('Version of the journey model that published it') modelVersion!: number;
  @Uuid('The event that published that version') eventId!: string;
  @LogPosition('Position of that event') position!: string;
  @Instant('When it was published') publishedAt!: Date;
}

/** How an amount came into the currency of a report: multiplied by the one rate, divided by the other, then rounded once. */
export class Conversion {
  @MaybeNested(
    'Rate of its own currency, by which it was multiplied; null: none was needed, or none is published',
    () => RateItem,
  )
  rate!: RateItem | null;
  @MaybeNested(
    'Rate of the currency of the report, by which it was divided; null: none was needed, or none is published',
    () => RateItem,
  )
  divisor!: RateItem | null;
}

/** The rates by which amounts of a currency are reported at a day (YYYY-MM-DD) of the workspace. */
export type ConversionOn = (currency: string, day: string) => Conversion;

/** How amounts come into the currency of a report. */
export async function conversionsOf(
  view: View,
  { currency: to }: Pick<ReportScope, 'currency'>,
): Promise<ConversionOn> {
  const reporting = reportingOf(view);
  const versions = await view.modelVersions();
  const publishers = memoize(CURRENCIES, (currency: string) => publishersOf(currency, versions));
  const itemOn = (currency: string, day: string): RateItem | null => {
    if (reporting === undefined || currency === reporting.currency) return null;
    const rate = rateOn(currency, day, reporting);
    const publisher = rate && publishers(currency).get(rate.date);
    return rate && publisher ? rateItem(rate, publisher) : null;
  };
  return (currency, day) =>
    currency === to
      ? { rate: null, divisor: null }
      : { rate: itemOn(currency, day), divisor: itemOn(to, day) };
}

/** ISO 4217 has fewer. */
const CURRENCIES = 200;

interface Published {
  readonly rate: Rate['rate'];
  readonly by: ModelEvent;
  /** The last version with the same rate. */
  until: number;
}

/**
 * The versions that published the rates of a currency, by day: each repeats the rates of the one before, or leaves some out.
 *
 * @param versions of the journey model, oldest first
 */
function publishersOf(currency: string, versions: readonly ModelEvent[]): ReadonlyMap<string, ModelEvent> {
  const published = new Map<string, Published>();
  for (const [index, by] of versions.entries()) {
    const own = by.data.document.rates.filter((each) => each.currency === currency);
    // Of two rates of a day the last is the one that counts.
    for (const [date, rate] of new Map(own.map((each) => [each.date, each.rate]))) {
      const known = published.get(date);
      if (known?.rate === rate && known.until === index - 1) known.until = index;
      else published.set(date, { rate, by, until: index });
    }
  }
  return new Map([...published].map(([date, { by }]) => [date, by]));
}

const rateItem = ({ currency, date, rate }: Rate, by: ModelEvent): RateItem => ({
  ...{ currency, date, rate: Number(rate) },
  modelVersion: by.version,
  eventId: by.id,
  position: String(by.position),
  publishedAt: by.occurredAt,
});
