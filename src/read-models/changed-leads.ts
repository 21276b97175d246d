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
