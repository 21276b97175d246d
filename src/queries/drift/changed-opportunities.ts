import { inScope } from '../attribution-rows.js';
import { cataloguedContents } from '../catalogue-rows.js';
import type { CreditView } from '../credit-ledger.js';
import { profiles } from '../metrics/buyer-touches.js';
import { opportunityColumn } from '../report-cuts.js';
import { CATALOGUE_CUTS, type Cut, isOpportunityCut, type ReportScope } from '../report-scope.js';
import { empty, join, raw, rows, sql, type Sql } from '../sql.js';

/** A report at one position. */
export interface ReportAt {
  readonly view: CreditView;
  readonly scope: ReportScope;
}

export const hasCatalogueCut = (by: readonly Cut[]): boolean =>
  by.some((cut) => CATALOGUE_CUTS.some((each) => each === cut));

/**
 * Opportunities that give other credits to a report at one position than at the other, or may give them to other cells. Their
 * credits are compared by what they follow from, never by which versions the ledger happens to have.
 */
export async function changedOpportunities(
  from: ReportAt,
  to: ReportAt,
  by: readonly Cut[],
): Promise<string[]> {
  const cuts = by.filter(isOpportunityCut);
  const columns = ({ view, scope }: ReportAt): Sql =>
    join([empty, ...cuts.map((cut) => opportunityColumn(view, scope, cut))], ', ');
  const paths = (report: ReportAt): Sql => sql`
    SELECT p.opportunity_id, ROW(p.digest${columns(report)}) AS said, p.content_ids, p.lead_ids
    FROM ${report.view.ledger.paths} p
    WHERE ${inScope(report.view, report.scope)} AND p.reported_minor IS NOT NULL`;
  const contents = hasCatalogueCut(by) ? await changedContents(from, to) : [];
  const leads = by.includes('persona') ? await leadsOfOtherPersona(from, to) : [];
  const found = await rows<{ id: string }>(
    to.view.tx,
    sql`
    SELECT opportunity_id AS id
    FROM (${paths(from)}) a FULL JOIN (${paths(to)}) b USING (opportunity_id)
    WHERE a.said IS DISTINCT FROM b.said
       OR b.content_ids && ${contents}::text[] OR b.lead_ids && ${leads}::uuid[]
    ORDER BY opportunity_id COLLATE "C"`,
  );
  return found.map(({ id }) => id);
}

async function changedContents(from: ReportAt, to: ReportAt): Promise<string[]> {
  const columns = raw('content_id, type, author, publisher, publisher_kind');
  const found = await rows<{ id: string }>(
    to.view.tx,
    sql`
    WITH a AS (SELECT ${columns} FROM (${cataloguedContents(from.view)}) c),
         b AS (SELECT ${columns} FROM (${cataloguedContents(to.view)}) c)
    SELECT DISTINCT content_id AS id FROM ((SELECT * FROM a EXCEPT SELECT * FROM b) UNION ALL (SELECT * FROM b EXCEPT SELECT * FROM a)) c`,
  );
  return found.map(({ id }) => id);
}

async function leadsOfOtherPersona(from: ReportAt, to: ReportAt): Promise<string[]> {
  const found = await rows<{ id: string }>(
    to.view.tx,
    sql`
    SELECT lead_id AS id FROM (${profiles(from.view)}) a FULL JOIN (${profiles(to.view)}) b USING (lead_id)
    WHERE a.persona IS DISTINCT FROM b.persona`,
  );
  return found.map(({ id }) => id);
}
