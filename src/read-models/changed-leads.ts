/**
 * A query of keys of rows whose versions begin or end in ($1, $2]. Each end of the range has an arm and an index of its own: `OR`
 * would read the whole table.
 *
 * @param columns of alias `v`
 */
export const changedVersions = (table: string, columns: string): string => `
  SELECT ${columns} FROM touchline.${table} v WHERE v.known_from > $1 AND v.known_from <= $2
  UNION ALL
  SELECT ${columns} FROM touchline.${table} v WHERE v.superseded_at > $1 AND v.superseded_at <= $2`;

/** Leads whose touchpoints or profile changed in the range ($1, $2] of the log: a row each time. */
export const CHANGED_LEADS = ['journey', 'lead_profile']
  .map((table) => changedVersions(table, 'v.workspace, v.lead_id'))
  .join(' UNION ALL ');
