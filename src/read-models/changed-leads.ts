/** The parameter of positions whose changes are left out; none: of no position. */
type Except = `$${number}` | undefined;

/**
 * A query of keys of rows whose versions begin or end in ($1, $2]. Each end of the range has an arm and an index of its own: `OR`
 * would read the whole table.
 *
 * @param columns of alias `v`
 */
export const changedVersions = (table: string, columns: string, except?: Except): string =>
  ['known_from', 'superseded_at']
    .map(
      (end) => `
  SELECT ${columns} FROM touchline.${table} v WHERE v.${end} > $1 AND v.${end} <= $2
  ${except ? `AND v.${end} <> ALL (${except}::bigint[])` : ''}`,
    )
    .join(' UNION ALL ');

/** Leads whose touchpoints or profile changed in the range ($1, $2] of the log: a row each time. */
export const changedLeads = (except?: Except): string =>
  ['journey', 'lead_profile']
    .map((table) => changedVersions(table, 'v.workspace, v.lead_id', except))
    .join(' UNION ALL ');

/**
 * Contacts of opportunities that changed, or whose contacts did, in the range ($1, $2] of the log. They are looked up by index, however
 * little the planner knows of the tables (LATERAL, OFFSET 0).
 *
 * @param condition on the columns workspace and opportunity_id of what changed
 */
export const changedContacts = (condition = 'true'): string => `
  SELECT o.workspace, k.lead_id
  FROM (
    SELECT DISTINCT workspace, opportunity_id FROM (
      ${changedVersions('opportunity', 'v.workspace, v.opportunity_id')}
      UNION ALL
      ${changedVersions('opportunity_contact', 'v.workspace, v.opportunity_id')}) changes
    WHERE ${condition}
  ) o
  CROSS JOIN LATERAL (
    SELECT c.keys FROM touchline.opportunity_contact c
    WHERE c.workspace = o.workspace AND c.opportunity_id = o.opportunity_id OFFSET 0) c
  CROSS JOIN LATERAL unnest(c.keys) AS key
  CROSS JOIN LATERAL (
    SELECT k.lead_id FROM touchline.identity_key k
    WHERE k.workspace = o.workspace AND k.key = key.key AND k.superseded_at IS NULL OFFSET 0) k`;
