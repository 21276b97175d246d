import type { ResponseTime } from '../src/queries/metrics/response-time.js';

interface Money {
  readonly amount: string;
}
export type Cells = readonly Record<string, unknown>[];
interface Row extends Record<string, unknown> {
  readonly key: string | null;
  readonly keys: readonly (string | null)[];
}
export interface Answer extends Record<string, unknown> {
  readonly rows: readonly Row[];
  readonly steps: readonly {
    readonly step: string;
    readonly leads: number;
    readonly rate: number | null;
    readonly medianDays: number | null;
    readonly medianBusinessMinutes: number | null;
  }[];
}
const amountOf = (value: unknown): number | null => (value === null ? null : Number((value as Money).amount));

/** What the statement of a request gives, from the answer of the API: columns by their names in SQL. */
export const EXPECTED: Readonly<Record<string, (answer: Answer) => Cells>> = {
  '/api/metrics/funnel?from=2026-01-01&to=2026-03-01': ({ steps }) =>
    steps
      .filter(({ leads }) => leads > 0)
      .map(({ step, leads, rate, medianDays }) => ({ step, leads, rate, median_days: medianDays })),
  '/api/metrics/funnel?by=persona,source': ({ rows }) =>
    rows.flatMap(({ keys: [persona, source], steps }) =>
      (steps as Answer['steps'])
        .filter(({ leads }) => leads > 0)
        .map(({ step, leads }) => ({ persona, source_id: source, step, leads })),
    ),
  '/api/metrics/funnel?by=persona': ({ rows }) =>
    rows.flatMap(({ key, steps }) =>
      (steps as Answer['steps'])
        .filter(({ step, leads }) => step === 'accepted' && leads > 0)
        .map(({ leads, medianBusinessMinutes }) => ({
          ...{ persona: key, accepted: leads, median_business_minutes: medianBusinessMinutes },
        })),
    ),
  '/api/metrics/funnel?by=nurture': ({ rows }) =>
    rows.flatMap(({ key, steps }) =>
      (steps as Answer['steps'])
        .filter(({ leads }) => leads > 0)
        .map(({ step, leads }) => ({ nurture: key, step, leads })),
    ),
  '/api/metrics/hooks?by=content,persona,stage&from=2026-01-01&to=2026-03-01': ({ rows }) =>
    rows.map(({ keys: [content, persona, stage], buyers, touches }) => ({
      ...{ content_id: content, persona, buying_stage: stage, buyers, touches },
    })),
  '/api/metrics/hooks?by=channel,month': ({ rows }) =>
    rows.map(({ keys: [channel, month], buyers, touches }) => ({
      channel,
      year_month: month,
      buyers,
      touches,
    })),
  '/api/metrics/content-influence?from=2026-01-01&to=2026-03-01&withinDays=30': ({ rows }) =>
    rows
      .filter(({ compared }) => compared !== 0)
      .map(({ key, compared, advancedWith, advancedWithout }) => ({
        ...{ content_id: key, compared, advanced_with: advancedWith, advanced_without: advancedWithout },
      })),
  '/api/metrics/content-gaps': ({ rows }) =>
    rows.map(({ persona, stage, leads, waiting }) => ({ persona, buying_stage: stage, leads, waiting })),
  '/api/attribution?model=linear&metric=revenue&by=author': ({ rows }) =>
    rows.map(({ key, value, opportunities }) => ({ author: key, revenue: amountOf(value), opportunities })),
  '/api/metrics/velocity?by=persona&from=2026-01-01&to=2026-05-01': ({ rows }) =>
    rows.map(({ key, won, lost, revenue, revenuePerSale, daysToWin }) => ({
      ...{ persona: key, won, lost, revenue: amountOf(revenue), revenue_per_sale: amountOf(revenuePerSale) },
      median_days: (daysToWin as { median: number } | null)?.median ?? null,
    })),
  '/api/metrics/score-calibration': ({ won, lost, winRate, auc }) => [
    {
      won,
      lost,
      win_rate: (winRate as { rate: number | null }).rate,
      auc: (auc as { area: number } | null)?.area ?? null,
    },
  ],
  '/api/metrics/score-calibration deciles': ({ deciles }) =>
    (
      deciles as { decile: number; opportunities: number; won: number; winRate: { rate: number | null } }[]
    ).map(({ decile, opportunities, won, winRate }) => ({
      decile,
      opportunities,
      won,
      win_rate: winRate.rate,
    })),
  '/api/metrics/rotting-leads?by=recipient': ({ rows }) =>
    rows.map(({ key, open, rotten, rate }) => ({ recipient: key, open, rotten, rate })),
  '/api/metrics/rotting-leads?at=2026-02-10T00:00:00Z&by=persona': ({ rows }) =>
    rows.map(({ key, open, rotten }) => ({ persona: key, open, rotten })),
  '/api/metrics/response-time?by=recipient': ({ rows }) =>
    rows.map(({ key, handOffs, ...row }) => {
      const [accepted, worked] = [row.accepted as ResponseTime, row.firstActivity as ResponseTime];
      return {
        ...{
          recipient: key,
          hand_offs: handOffs,
          accepted: accepted.handOffs,
          first_activity: worked.handOffs,
        },
        ...{
          minutes_to_accept: accepted.medianMinutes,
          business_minutes_to_accept: accepted.medianBusinessMinutes,
        },
        minutes_to_first_activity: worked.medianMinutes,
        business_minutes_to_first_activity: worked.medianBusinessMinutes,
      };
    }),
  '/api/metrics/rep-load': ({ rows }) =>
    rows.map(({ rep, openLeads, rottenLeads, openOpportunities, inProcess, capacity, load }) => ({
      ...{
        rep_id: rep,
        open_leads: openLeads,
        rotten_leads: rottenLeads,
        open_opportunities: openOpportunities,
      },
      ...{ in_process: inProcess, capacity, load },
    })),
  '/api/metrics/rep-load?by=persona': ({ rows }) =>
    rows.map(
      ({ rep, key, openLeads, rottenLeads, openOpportunities, inProcess, capacity, load, ...row }) => ({
        ...{ rep_id: rep, persona: key, open_leads: openLeads, rotten_leads: rottenLeads },
        ...{ open_opportunities: openOpportunities, in_process: inProcess, capacity, load },
        capacity_share: row.capacityShare,
      }),
    ),
  '/api/metrics/pipeline-per-dollar?by=source&from=2026-01-01&to=2026-03-01': returns('source_id'),
  '/api/metrics/pipeline-per-dollar?by=campaign&model=linear&from=2026-01-01&to=2026-03-01':
    returns('campaign_id'),
  '/api/metrics/pipeline-per-dollar?by=persona&model=linear&from=2026-01-01&to=2026-03-01':
    returns('persona'),
};

function returns(name: string): (answer: Answer) => Cells {
  return ({ rows }) =>
    rows.map(({ key, value, invested, perDollar, opportunities }) => ({
      ...{ [name]: key, pipeline: amountOf(value), invested: amountOf(invested) },
      ...{ opportunities, per_dollar: perDollar },
    }));
}
