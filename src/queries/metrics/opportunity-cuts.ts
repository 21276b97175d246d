import { tagLabel } from '../../domain/label.js';
import type { CreditView } from '../credit-ledger.js';
import type { View } from '../read-models.js';
import { isInSegment, segmentMembers } from '../segments.js';
import { empty, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { profiles } from './buyer-touches.js';

export const OPPORTUNITY_CUTS = ['persona', 'source', 'segment', 'campaign', 'owner', 'month'] as const;
export type OpportunityCut = (typeof OPPORTUNITY_CUTS)[number];

/**
 * Cuts of opportunities `o` joined by `opportunityJoins`. Of the touches before the opening: the persona of the last one's
 * buyer, the last campaign, and the segments of all buyers.
 */
export const opportunityColumns = (
  timeZone: string,
  date: 'opened_at' | 'closed_at',
): Readonly<Record<OpportunityCut, Sql>> => ({
  persona: raw('p.persona'),
  source: raw('coalesce(spelling.label, o.source)'),
  segment: raw('member.segment_id'),
  campaign: raw(`(SELECT t.campaign FROM unnest(q.campaigns) WITH ORDINALITY AS t (campaign, number)
                  WHERE t.campaign IS NOT NULL ORDER BY t.number DESC LIMIT 1)`),
  owner: raw('o.owner'),
  month: sql`date_trunc('month', o.${raw(date)} AT TIME ZONE ${timeZone})::date`,
});

/** Which opportunities, and how they are cut. */
interface OpportunityCuts {
  readonly by: readonly OpportunityCut[];
  readonly segment: string | undefined;
}

/**
 * Joins what the cuts and the filter read; `q` is the pipeline path, whose touches are those before the opening. An opportunity
 * whose buyers are in two segments is two rows.
 */
export async function opportunityJoins(
  view: CreditView,
  { by, segment }: OpportunityCuts,
  needsPath = segment !== undefined || PATH_CUTS.some((cut) => by.includes(cut)),
): Promise<Sql> {
  const spelling = by.includes('source') ? await spellings(view) : empty;
  if (!needsPath) return spelling;
  return sql`
    ${spelling}
    LEFT JOIN ${view.ledger.paths} q
      ON q.workspace = o.workspace AND q.opportunity_id = o.opportunity_id AND q.metric = 'pipeline' AND ${validAt('q', view.asOf)}
    ${by.includes('persona') ? sql`LEFT JOIN (${profiles(view)}) p ON p.lead_id = q.lead_ids[cardinality(q.lead_ids)]` : empty}
    ${by.includes('segment') ? sql`LEFT JOIN LATERAL (${segmentsOfBuyers(view)}) member ON true` : empty}`;
}

const PATH_CUTS = ['persona', 'segment', 'campaign'] as const;

const segmentsOfBuyers = (view: View): Sql => sql`
  SELECT DISTINCT member.segment_id
  FROM unnest(q.lead_ids) AS buyer (lead_id) JOIN (${segmentMembers(view)}) member ON member.lead_id = buyer.lead_id`;

/** Opportunities that a buyer in the segment had touches of, as a condition on what `opportunityJoins` joins. */
export const hasBuyerIn = (view: View, segment: string | undefined): Sql | undefined =>
  segment === undefined
    ? undefined
    : sql`EXISTS (SELECT FROM unnest(q.lead_ids) AS buyer (lead_id) WHERE ${isInSegment(view, raw('buyer.lead_id'), segment)})`;

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
