import type { View } from '../src/queries/read-models.js';
import { sql, type Sql } from '../src/queries/sql.js';

/** The first day of the month of a touchpoint `j`, in the time zone in force at the position. */
export const monthStart = ({ model }: View): Sql =>
  sql`date_trunc('month', j.occurred_at AT TIME ZONE ${model?.data.document.timeZone ?? 'UTC'})::date`;
