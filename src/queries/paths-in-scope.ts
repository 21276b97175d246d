import type { DayOrInstant } from './params.js';
import type { View } from './read-models.js';
import { opportunityFilter } from './report-filters.js';
import type { PathScope } from './report-scope.js';
import { allOf, sql, type Sql } from './sql.js';
import { validAt } from './valid-at.js';

/** The opportunities of a report as rows `p` of the credit ledger. */
export const inScope = (view: View, scope: PathScope): Sql => {
  const { workspace, asOf } = view;
  const { metric, timeZone, filter, opportunityIds } = scope;
  const { from, to } = scope.period;
  return allOf([
    sql`p.workspace = ${workspace} AND p.metric = ${metric}`,
    validAt('p', asOf),
    from && since(from, timeZone),
    to && before(to, timeZone),
    filter && opportunityFilter(view, scope, filter),
    opportunityIds && sql`p.opportunity_id = ANY(${opportunityIds}::text[])`,
  ]);
};

/**
 * The day that an opportunity counts at is computed as schema bi computes it: where clocks go back over midnight a day is not one span of
 * time, so no two instants bound it. The bound beside it, a day wider than any zone needs, is for the index.
 */
const since = (date: DayOrInstant, timeZone: string): Sql =>
  'day' in date
    ? sql`p.credited_at >= ${date.day}::timestamp - interval '1 day' AND ${creditedDay(timeZone)} >= ${date.day}::date`
    : sql`p.credited_at >= ${date.instant}`;

const before = (date: DayOrInstant, timeZone: string): Sql =>
  'day' in date
    ? sql`p.credited_at < ${date.day}::timestamp + interval '1 day' AND ${creditedDay(timeZone)} < ${date.day}::date`
    : sql`p.credited_at < ${date.instant}`;

const creditedDay = (timeZone: string): Sql => sql`(p.credited_at AT TIME ZONE ${timeZone})::date`;
