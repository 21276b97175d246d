import { halfLifeOf } from './applied-models.js';
import { raw, sql, type Sql } from './sql.js';
import type { View } from './read-models.js';

/**
 * The score of its lead right after each row of a page: event_id and `after`, a touchline.score_state. `page` names a query
 * of (lead_id, occurred_at, event_id, points) without gaps: every ledger row of these leads between its first and its
 * last row is in it. Rows without points are no ledger rows.
 *
 * What came before the page is added up once for each lead and put before its rows, so a page costs the length of the ledgers
 * before it and one step a row.
 */
export const runningScores = (view: View, page: Sql): Sql => sql`
  SELECT event_id, touchline.decayed_sum(points, occurred_at, ${halfLifeOf(view, raw('lead_id'))}) OVER ledger AS after
  FROM (
    SELECT lead_id, occurred_at, event_id, points FROM ${page}
    UNION ALL
    SELECT first.lead_id, earlier.scored_at, NULL, earlier.score
    FROM (SELECT DISTINCT ON (lead_id) lead_id, occurred_at, event_id FROM ${page}
          ORDER BY lead_id, occurred_at, event_id) first
    CROSS JOIN LATERAL touchline.score_at(
      ${view.workspace}, first.lead_id, ${halfLifeOf(view, raw('first.lead_id'))}, ${view.asOf}, first.occurred_at, first.event_id) earlier) entry
  WINDOW ledger AS (PARTITION BY lead_id ORDER BY occurred_at, event_id NULLS FIRST ROWS UNBOUNDED PRECEDING)`;
