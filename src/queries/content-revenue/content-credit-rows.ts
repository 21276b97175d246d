import { inScope } from '../paths-in-scope.js';
import type { CreditView } from '../credit-ledger.js';
import type { ReportScope } from '../report-scope.js';
import { firstRow, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

export interface ContentCredit {
  readonly model: string;
  readonly value: string;
  readonly opportunities: number;
  readonly touches: number;
}

/** What each model credits to a content. Touches without credit are not counted, as in a report. */
export const contentCredits = (
  view: CreditView,
  scope: ReportScope,
  contentId: string,
): Promise<ContentCredit[]> =>
  rows<ContentCredit>(
    view.tx,
    sql`
    SELECT s.model, coalesce(sum(t.value), 0)::text AS value, count(*)::int AS opportunities, sum(t.touches)::int AS touches
    FROM ${view.ledger.paths} p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.workspace = p.workspace
    CROSS JOIN LATERAL (SELECT sum(touch.value) AS value, count(*) AS touches
                        FROM unnest(p.content_ids, s.reported, s.marks) AS touch (content, value, mark)
                        WHERE touch.content = ${contentId} AND touch.mark > 0) t
    WHERE ${touched(view, scope, contentId)} AND t.touches > 0
    GROUP BY s.model`,
  );

const touched = (view: CreditView, scope: ReportScope, contentId: string): Sql =>
  sql`${inScope(view, scope)} AND p.reported_minor IS NOT NULL AND ${contentId} = ANY(p.content_ids)`;

export interface TouchedOpportunities {
  readonly touched: number;
  readonly amount: string;
}

export const touchedOpportunities = async (
  view: CreditView,
  scope: ReportScope,
  contentId: string,
): Promise<TouchedOpportunities> =>
  (await firstRow<TouchedOpportunities>(
    view.tx,
    sql`
    SELECT count(*)::int AS touched, coalesce(sum(p.reported_minor), 0)::text AS amount FROM ${view.ledger.paths} p
    WHERE ${touched(view, scope, contentId)}`,
  )) ?? { touched: 0, amount: '0' };

export interface LargeOpportunity {
  readonly opportunity_id: string;
  readonly name: string | null;
  readonly status: string;
  readonly reported_minor: string;
  readonly touches: number;
  readonly first_at: Date;
}

export const largestOpportunities = (
  view: CreditView,
  scope: ReportScope,
  { contentId, limit }: { readonly contentId: string; readonly limit: number },
): Promise<LargeOpportunity[]> =>
  rows<LargeOpportunity>(
    view.tx,
    sql`
    SELECT p.opportunity_id, o.name, o.status, p.reported_minor, t.touches, t.first_at
    FROM (SELECT p.* FROM ${view.ledger.paths} p
          WHERE ${touched(view, scope, contentId)}
          ORDER BY p.reported_minor DESC, p.opportunity_id COLLATE "C"
          LIMIT ${limit}) p
    JOIN touchline.opportunity o
      ON o.workspace = ${view.workspace} AND o.opportunity_id = p.opportunity_id AND ${validAt('o', view.asOf)}
    CROSS JOIN LATERAL (SELECT count(*)::int AS touches, min(touch.at) AS first_at
                        FROM unnest(p.content_ids, p.occurred_at) AS touch (content, at)
                        WHERE touch.content = ${contentId}) t
    ORDER BY p.reported_minor DESC, p.opportunity_id COLLATE "C"`,
  );
