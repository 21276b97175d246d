import type { CommitteeRule } from '../domain/attribution/committee-rule.js';
import {
  choosesMembers,
  hasRoleWeights,
  isPrimaryRole,
  weightOfRoles,
} from '../domain/attribution/committee-rule.js';
import { computePaths } from '../read-models/attribution/gaps.js';
import { ATTRIBUTION_PATH, pathRow } from '../read-models/attribution/records.js';
import { inScope } from './paths-in-scope.js';
import type { CreditView } from './credit-ledger.js';
import type { View } from './read-models.js';
import { MAX_REPORT_TOUCHES, tooLarge } from './report-size.js';
import type { PathScope } from './report-scope.js';
import { raw, rows, sql } from './sql.js';
import { validAt } from './valid-at.js';

const columns = (alias: string, names: readonly string[]): string =>
  names.map((name) => `${alias}.${name}`).join(', ');

/** Columns of touchline.attribution_path, in its order, by what they follow from. */
const PATH_COLUMNS = raw(
  [
    columns('stored', ['path_id', 'workspace', 'opportunity_id', 'metric', 'credited_at', 'currency']),
    columns('stored', ['amount_minor', 'reported_currency', 'reported_minor']),
    columns('chosen', ['committee', 'event_ids', 'lead_ids', 'occurred_at', 'milestones', 'content_ids']),
    columns('chosen', ['content_titles', 'channels', 'campaigns', 'sources']),
    columns('stored', ['digest', 'known_from', 'superseded_at']),
    columns('chosen', ['content_stages']),
  ].join(', '),
);

/**
 * The view with the touches of a committee as the paths of its ledger: as they are for the default, else computed from what they
 * follow from, for the opportunities of a report. Shares are those of the ledger; models weigh these paths themselves.
 *
 * @param opportunityIds only these; default: all in the scope that can be reported in its currency
 * @throws Problem 400 `report-too-large`
 */
export async function withCommittee(
  view: CreditView,
  scope: PathScope,
  rule: CommitteeRule,
  opportunityIds?: readonly string[],
): Promise<CreditView> {
  if (!choosesMembers(rule)) return view;
  const { tx, workspace, asOf, ledger } = view;
  const { metric } = scope;
  const ids = opportunityIds ?? (await idsInScope(view, scope));
  const paths = await computePaths(tx, workspace, asOf, ids, { metric, rule, most: MAX_REPORT_TOUCHES });
  if (paths === undefined) throw tooLarge();
  const known = { knownFrom: asOf, supersededAt: null };
  const computed = paths.map((path, index) => pathRow(BigInt(index), path, known));
  return {
    ...view,
    ledger: {
      ...ledger,
      paths: sql`(
        SELECT ${PATH_COLUMNS}
        FROM json_populate_recordset(NULL::touchline.attribution_path, ${ATTRIBUTION_PATH.toJson(computed)}) chosen
        JOIN ${ledger.paths} stored
          ON stored.workspace = ${workspace} AND stored.opportunity_id = chosen.opportunity_id AND stored.metric = ${metric}
             AND ${validAt('stored', asOf)})`,
    },
  };
}

async function idsInScope(view: CreditView, scope: PathScope): Promise<string[]> {
  const found = await rows<{ id: string }>(
    view.tx,
    sql`SELECT p.opportunity_id AS id FROM ${view.ledger.paths} p
        WHERE ${inScope(view, scope)} AND ${scope.metric === 'loss' ? raw('true') : raw('p.reported_minor IS NOT NULL')} ORDER BY 1`,
  );
  return found.map(({ id }) => id);
}

/** What the touches of a person weigh in an opportunity. */
export type WeightOfPerson = (opportunityId: string, leadId: string) => number;

/** By the roles that people have in these opportunities; everybody weighs 1 where no roles are weighed. */
export async function roleWeightsOf(
  view: View,
  rule: CommitteeRule,
  opportunityIds: readonly string[],
): Promise<WeightOfPerson> {
  if (!hasRoleWeights(rule)) return () => 1;
  const people = await peopleOfContacts(view, opportunityIds);
  return (opportunityId, leadId) =>
    weightOfRoles(people.get(opportunityId)?.get(leadId)?.roles ?? [], rule.roleWeights);
}

/** What the contacts of an opportunity say of one person: the CRM may have several for them. */
export interface PersonOfContacts {
  readonly roles: readonly string[];
  readonly isPrimary: boolean;
}

interface RoleRow {
  readonly opportunity_id: string;
  readonly lead_id: string;
  readonly roles: string[];
  readonly is_primary: boolean;
}

/** By opportunity and lead. */
export async function peopleOfContacts(
  { tx, workspace, asOf }: View,
  opportunityIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, PersonOfContacts>>> {
  const found = await rows<RoleRow>(
    tx,
    sql`
    SELECT c.opportunity_id, k.lead_id, array_agg(DISTINCT c.role COLLATE "C") AS roles, bool_or(c.is_primary) AS is_primary
    FROM touchline.opportunity_contact c
    JOIN touchline.identity_key k ON k.workspace = c.workspace AND k.key = ANY(c.keys) AND ${validAt('k', asOf)}
    WHERE c.workspace = ${workspace} AND c.opportunity_id = ANY(${opportunityIds}::text[]) AND ${validAt('c', asOf)}
    GROUP BY c.opportunity_id, k.lead_id`,
  );
  const grouped = Map.groupBy(found, ({ opportunity_id }) => opportunity_id);
  return new Map(
    [...grouped].map(([id, people]) => [
      id,
      new Map(people.map((row) => [row.lead_id, personOfContacts(row)])),
    ]),
  );
}

const personOfContacts = ({ roles, is_primary }: RoleRow): PersonOfContacts => ({
  roles,
  isPrimary: is_primary || roles.some(isPrimaryRole),
});
