import { tagLabel } from '../../domain/label.js';
import type { CreditView } from '../credit-ledger.js';
import type { View } from '../read-models.js';
import { empty, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { profiles } from './buyer-touches.js';

export const OPPORTUNITY_CUTS = ['persona', 'source', 'campaign', 'owner', 'month'] as const;
export type OpportunityCut = (typeof OPPORTUNITY_CUTS)[number];

/**
 * Cuts of opportunities `o` joined by `opportunityJoins`. Of the touches before the opening: the persona of the last one's
 * buyer, and the last campaign.
 */
export const opportunityColumns = (
  timeZone: string,
  date: 'opened_at' | 'closed_at',
): Readonly<Record<OpportunityCut, Sql>> => ({
  persona: raw('p.persona'),
  source: raw('coalesce(spelling.label, o.source)'),
  campaign: raw(`(SELECT t.campaign FROM unnest(q.campaigns) WITH ORDINALITY AS t (campaign, number)
                  WHERE t.campaign IS NOT NULL ORDER BY t.number DESC LIMIT 1)`),
  owner: raw('o.owner'),
  month: sql`date_trunc('month', o.${raw(date)} AT TIME ZONE ${timeZone})::date`,
});

/** Joins what the cuts read; `q` is the pipeline path, whose touches are those before the opening. */
export async function opportunityJoins(
  view: CreditView,
  by: readonly OpportunityCut[],
  needsPath = by.includes('persona') || by.includes('campaign'),
): Promise<Sql> {
  const spelling = by.includes('source') ? await spellings(view) : empty;
  if (!needsPath) return spelling;
  return sql`
    ${spelling}
    LEFT JOIN ${view.ledger.paths} q
      ON q.workspace = o.workspace AND q.opportunity_id = o.opportunity_id AND q.metric = 'pipeline' AND ${validAt('q', view.asOf)}
    ${by.includes('persona') ? sql`LEFT JOIN (${profiles(view)}) p ON p.lead_id = q.lead_ids[cardinality(q.lead_ids)]` : empty}`;
}

/** Sources as the CRM writes them, in the form that those of touchpoints and investments have. */
async function spellings({ tx, workspace }: View): Promise<Sql> {
  const found = await rows<{ source: string }>(
    tx,
    sql`SELECT DISTINCT o.source FROM touchline.opportunity o WHERE o.workspace = ${workspace} AND o.source IS NOT NULL`,
  );
  const labels = found.map(({ source }) => ({ source, label: tagLabel(source) ?? null }));
  return sql`
    LEFT JOIN jsonb_to_recordset(${JSON.stringify(labels)}::jsonb) AS spelling (source text, label text)
      ON spelling.source = o.source`;
}
