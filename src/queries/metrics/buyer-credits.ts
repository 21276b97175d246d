import { inScope } from '../paths-in-scope.js';
import type { CreditView } from '../credit-ledger.js';
import { firstSegments } from '../report-cuts.js';
import type { ModelName, ReportScope } from '../report-scope.js';
import { raw, rows, sql, type Sql } from '../sql.js';
import type { BuyerCut } from './apportioned.js';
import { profiles } from './buyer-touches.js';
import { type InvestedCut, TIME_FORMATS } from './invested.js';

interface BuyerCreditQuery {
  readonly model: ModelName;
  readonly of: BuyerCut;
  readonly time: InvestedCut['time'];
}

interface BuyerCredit {
  readonly key: string | null;
  readonly time: string | null;
  /** Minor units of the report's currency. */
  readonly value: string;
  readonly opportunities: number;
}

/**
 * Credits of a model by who touched, as the attribution report has them, but with no more than that of each touch: half a million are unnested
 * in the select list, where a lateral join calls a function for each opportunity, and their leads are joined by hash (offset 0). Of an equality
 * PostgreSQL would expect one touch of 200, and sort them all.
 */
export function buyerCredits(
  view: CreditView,
  scope: ReportScope,
  { model, of, time }: BuyerCreditQuery,
): Promise<BuyerCredit[]> {
  const [column, leads]: readonly [Sql, Sql] =
    of === 'persona' ? [raw('l.persona'), profiles(view)] : [raw('l.segment_id'), firstSegments(view)];
  return rows<BuyerCredit>(
    view.tx,
    sql`
    SELECT key, ${time ? sql`to_char(part, ${TIME_FORMATS[time]})` : raw('NULL::text')} AS time,
           sum(value)::text AS value, count(*)::int AS opportunities
    FROM (
      SELECT ${column} AS key, max(t.part) AS part, sum(t.value)::bigint AS value
      FROM (SELECT p.path_id, p.part, unnest(p.lead_ids) AS lead_id, unnest(s.reported) AS value, unnest(s.marks) AS mark
            FROM (SELECT p.path_id, p.lead_ids, ${time ? beginningOf(time, scope) : raw('NULL::timestamp')} AS part
                  FROM ${view.ledger.paths} p
                  WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL) p
            JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}) t
      LEFT JOIN (SELECT * FROM (${leads}) l OFFSET 0) l ON l.lead_id = t.lead_id
      WHERE (t.mark & 1)::boolean
      GROUP BY t.path_id, 1) credit
    GROUP BY key, part`,
  );
}

/** A text for each opportunity would cost as much as all the rest. */
const beginningOf = (time: 'month' | 'week', { timeZone }: ReportScope): Sql =>
  sql`date_trunc(${time}, p.credited_at AT TIME ZONE ${timeZone})`;
