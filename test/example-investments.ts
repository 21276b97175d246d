import type { InvestmentRecorded, InvestmentTarget } from '../src/domain/catalogue-events.js';
import { entry, type Entry } from './sample-events.js';

/** What is invested, in US dollars unless it names another currency. */
export const invested = (
  investmentId: string,
  amountMinor: number,
  [from, to]: readonly [from: string, to: string],
  [dimension, value]: readonly [InvestmentTarget['dimension'], string],
  more: Partial<InvestmentRecorded> = {},
  at = 85,
): Entry =>
  entry(`${investmentId} ${amountMinor}`, `investment-${investmentId}`, 'InvestmentRecorded', at, {
    ...{ investmentId, amountMinor, currency: 'USD', from, to, for: { dimension, value } },
    ...more,
  });

const JANUARY = ['2026-01-01', '2026-02-01'] as const;
const FEBRUARY = ['2026-02-01', '2026-03-01'] as const;

/** Recorded in the example workspace, after all that is in it. */
export const EXAMPLE_INVESTMENTS: readonly Entry[] = [
  entry('guide content', 'content-buying-guide', 'ContentCatalogued', 85, {
    ...{ contentId: 'buying-guide', title: 'The guide to buying', type: 'white_paper', author: 'J. Meyer' },
    publisher: { name: 'Analysts Ltd', kind: 'analyst' },
    url: 'https://www.acme.example/guides/buying',
    serves: [{ persona: 'technical', stage: 'explore' }],
  }),
  entry('spring campaign', 'campaign-spring', 'CampaignDefined', 85, {
    ...{ campaignId: 'spring', name: 'Spring launch', source: 'newsletter', channel: 'email' },
  }),
  invested('webinar-2026-01', 3_100_000, JANUARY, ['source', 'webinar'], { note: 'Platform and speakers' }),
  invested('webinar-2026-02', 2_800_000, FEBRUARY, ['source', 'webinar']),
  invested('spring-agency', 1_000_000, JANUARY, ['campaign', 'spring'], { currency: 'EUR' }),
  invested('fair-tokyo', 500_000, JANUARY, ['channel', 'event'], { currency: 'JPY' }),
  invested('guide-authors', 620_000, JANUARY, ['content', 'buying-guide']),
];
