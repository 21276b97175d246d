import { inScope } from './attribution-rows.js';
import type { CreditView } from './credit-ledger.js';
import type { PartOfOpportunity } from './explained-opportunities.js';
import type { Params } from './params.js';
import { joinsFor } from './report-cuts.js';
import { FILTER_PARAMETERS, filteredCuts, filterOf, touchFilter } from './report-filters.js';
import type { ReportFilter, ReportScope } from './report-scope.js';
import { allOf, raw, rows, sql } from './sql.js';

/** The row of a report to explain; all of it without any cut. */
export interface ExplainedCell extends ReportFilter {
  /** Only what this opportunity gives to it. */
  readonly opportunityId: string | undefined;
}

export const CELL_PARAMETERS = [...FILTER_PARAMETERS, 'opportunityId'] as const;

export const cellOf = (params: Params): ExplainedCell => ({
  ...filterOf(params),
  opportunityId: params.text('opportunityId'),
});

/** What each opportunity gives to the number, and by which of its touches. */
export async function partsOfCell(
  view: CreditView,
  scope: ReportScope,
  { model, cell }: { readonly model: string; readonly cell: ExplainedCell },
): Promise<PartOfOpportunity[]> {
  const found = await rows<Omit<PartOfOpportunity, 'value'> & { value: string }>(
    view.tx,
    sql`
    SELECT p.opportunity_id AS "opportunityId", sum(t.value)::text AS value,
           array_agg(t.touch::int ORDER BY t.touch) AS touches
    FROM ${view.ledger.paths} p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}
    CROSS JOIN LATERAL unnest(p.content_ids, p.channels, p.campaigns, p.sources, p.lead_ids, p.event_ids, s.reported, s.marks)
      WITH ORDINALITY AS t(content, channel, campaign, source, lead_id, event_id, value, mark, touch)
    ${joinsFor(view, filteredCuts(cell))}
    WHERE ${allOf([
      inScope(view, { ...scope, filter: cell }),
      raw('p.reported_minor IS NOT NULL AND t.mark & 1 = 1'),
      touchFilter(cell),
      cell.opportunityId === undefined ? undefined : sql`p.opportunity_id = ${cell.opportunityId}`,
    ])}
    GROUP BY p.path_id, p.opportunity_id
    ORDER BY sum(t.value) DESC, p.opportunity_id COLLATE "C"`,
  );
  return found.map((row) => ({ ...row, value: BigInt(row.value) }));
}
