import { hasRoleWeights, choosesMembers } from '../../domain/attribution/committee-rule.js';
import type { ModelRequest } from '../../domain/attribution/model-request.js';
import { inScope } from '../paths-in-scope.js';
import { cataloguedContents } from '../catalogue-rows.js';
import type { CreditView } from '../credit-ledger.js';
import { profiles } from '../metrics/buyer-touches.js';
import { firstSegments, opportunityColumn } from '../report-cuts.js';
import { needsDetails } from '../report-paths.js';
import { CATALOGUE_CUTS, type Cut, isOpportunityCut, type PathScope } from '../report-scope.js';
import { join, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

/** Paths of a report at one position, with those of its committee. */
export interface PathsAt {
  readonly view: CreditView;
  readonly scope: PathScope;
}

interface Asked {
  readonly model: ModelRequest;
  readonly by: readonly Cut[];
}

export const hasCatalogueCut = (by: readonly Cut[]): boolean =>
  by.some((cut) => CATALOGUE_CUTS.some((each) => each === cut));

export const hasSegmentCut = (by: readonly Cut[]): boolean =>
  by.some((cut) => cut === 'segment' || cut === 'accountSegment');

/**
 * Opportunities that give other credits to a report at one position than at the other, or may give them to other cells, in the order of
 * their ids. Their credits are compared by what they follow from, never by which versions the ledger happens to have.
 */
export async function changedOpportunities(from: PathsAt, to: PathsAt, asked: Asked): Promise<string[]> {
  const columns = (report: PathsAt): Sql => join([raw('p.digest'), ...saidColumns(report, asked)], ', ');
  const paths = (report: PathsAt): Sql => sql`
    SELECT p.opportunity_id, ROW(${columns(report)}) AS said, p.content_ids, p.lead_ids, p.event_ids
    FROM ${report.view.ledger.paths} p
    WHERE ${inScope(report.view, report.scope)} AND ${report.scope.metric === 'loss' ? raw('true') : raw('p.reported_minor IS NOT NULL')}`;
  const others = otherCells(from, to, asked).map(
    ({ elements, changed }) => sql`
      SELECT b.opportunity_id FROM b CROSS JOIN LATERAL unnest(b.${raw(elements)}) t(id) JOIN (${changed}) c USING (id)`,
  );
  const found = await rows<{ id: string }>(
    to.view.tx,
    sql`
    WITH a AS (${paths(from)}), b AS (${paths(to)})
    SELECT opportunity_id COLLATE "C" AS id FROM (
      ${join(
        [
          sql`SELECT opportunity_id FROM a FULL JOIN b USING (opportunity_id) WHERE a.said IS DISTINCT FROM b.said`,
          ...others,
        ],
        ' UNION ',
      )}) changed
    ORDER BY 1`,
  );
  return found.map(({ id }) => id);
}

/** What is said of a path beside its digest: of other committees than that of the ledger, the touches. */
function saidColumns({ view, scope }: PathsAt, { model, by }: Asked): Sql[] {
  const touches = choosesMembers(model)
    ? [
        'event_ids',
        'lead_ids',
        'occurred_at',
        'milestones',
        'content_ids',
        'channels',
        'campaigns',
        'sources',
      ]
    : [];
  return [
    ...by.filter(isOpportunityCut).map((cut) => opportunityColumn(view, scope, cut)),
    ...touches.map((column) => raw(`p.${column}`)),
    ...(hasRoleWeights(model) ? [rolesOf(view)] : []),
  ];
}

const rolesOf = (view: CreditView): Sql => sql`
  (SELECT array_agg(DISTINCT k.lead_id || ' ' || c.role ORDER BY k.lead_id || ' ' || c.role)
   FROM touchline.opportunity_contact c
   JOIN touchline.identity_key k ON k.workspace = c.workspace AND k.key = ANY(c.keys) AND ${validAt('k', view.asOf)}
   WHERE c.workspace = p.workspace AND c.opportunity_id = p.opportunity_id AND ${validAt('c', view.asOf)})`;

/** What is joined to touches and differs between the reports: the array of a path that names it, and the ids. */
interface Joined {
  readonly elements: 'content_ids' | 'lead_ids' | 'event_ids';
  readonly changed: Sql;
}

function otherCells(from: PathsAt, to: PathsAt, { model, by }: Asked): Joined[] {
  const details = [
    ...(by.includes('rep') ? ['rep'] : []),
    ...(by.includes('contentStage') ? ['content_stage'] : []),
    ...(needsDetails(model) ? ['kind', 'content_type', 'content_stage'] : []),
  ];
  return [
    ...(hasCatalogueCut(by)
      ? [{ elements: 'content_ids' as const, changed: contentsBetween(from, to) }]
      : []),
    ...(by.includes('persona')
      ? [{ elements: 'lead_ids' as const, changed: personasBetween(from, to) }]
      : []),
    ...(by.includes('segment')
      ? [{ elements: 'lead_ids' as const, changed: segmentsBetween(from, to) }]
      : []),
    ...(details.length > 0
      ? [{ elements: 'event_ids' as const, changed: touchpointsBetween(from, to, details) }]
      : []),
  ];
}

function contentsBetween(from: PathsAt, to: PathsAt): Sql {
  const of = ({ view }: PathsAt): Sql =>
    sql`SELECT content_id, type, author, publisher, publisher_kind FROM (${cataloguedContents(view)}) c`;
  return sql`
    SELECT DISTINCT content_id AS id
    FROM ((${of(from)} EXCEPT ${of(to)}) UNION ALL (${of(to)} EXCEPT ${of(from)})) c`;
}

const personasBetween = (from: PathsAt, to: PathsAt): Sql => sql`
  SELECT lead_id AS id FROM (${profiles(from.view)}) a FULL JOIN (${profiles(to.view)}) b USING (lead_id)
  WHERE a.persona IS DISTINCT FROM b.persona`;

const segmentsBetween = (from: PathsAt, to: PathsAt): Sql => sql`
  SELECT lead_id AS id FROM (${firstSegments(from.view)}) a FULL JOIN (${firstSegments(to.view)}) b USING (lead_id)
  WHERE a.segment_id IS DISTINCT FROM b.segment_id`;

/** Touchpoints of both reports; those of one alone are in the paths. */
function touchpointsBetween(from: PathsAt, to: PathsAt, columns: readonly string[]): Sql {
  const of = (alias: string): Sql => raw(columns.map((column) => `${alias}.${column}`).join(', '));
  return sql`
    SELECT DISTINCT v.event_id AS id
    FROM touchline.journey v
    JOIN touchline.journey u ON u.workspace = v.workspace AND u.event_id = v.event_id AND ${validAt('u', from.view.asOf)}
    WHERE v.workspace = ${to.view.workspace} AND v.known_from > ${from.view.asOf} AND ${validAt('v', to.view.asOf)}
      AND ROW(${of('u')}) IS DISTINCT FROM ROW(${of('v')})`;
}
