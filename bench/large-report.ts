import type pg from 'pg';
import { poolOf } from '../test/e2e/server-process.js';
import { watch } from './catch-up.js';
import type { Report } from './figure.js';
import { history, withLog } from './filled-log.js';
import { type Size, touchesOf } from './history-events.js';
import { getJson } from './query-api.js';
import { fastest, timed, TIMES } from './timing.js';

const SIZE: Size = { opportunities: 50_000, touchesPerOpportunity: 20, strangers: 0, openedAfter: 0.6 };
const CUTS = [
  ['content', 1],
  ['content,month,contentStage', 2],
] as const;

/** Reports of a rule over a million touches, beside the same shares by window functions in SQL. */
export async function largeReports(report: Report, size = SIZE): Promise<void> {
  await withLog(history(size), async (server, port, dataDir) => {
    await watch(server, port);
    const pool = await poolOf(dataDir, { max: 1 });
    try {
      const plain = await plainSql(pool);
      const what = `${size.opportunities.toLocaleString('en-US')} opportunities, ${touchesOf(size).toLocaleString('en-US')} touches`;
      report({ name: `linear shares by content in plain SQL, ${what}`, value: plain, unit: 's' });
      for (const [by, atMost] of CUTS) {
        const path = `/api/attribution?model=linear&by=${by}&metric=revenue`;
        const seconds = await timed(() => getJson(port, path));
        report({ name: `attribution by ${by}, the first time`, value: seconds, unit: 's', atMost });
        const again = await fastest(() => getJson(port, path));
        report({ name: `  fastest of ${TIMES}`, value: again, unit: 's' });
        const once = CUTS[0][0] === by;
        report({
          name: '  plain SQL as a multiple',
          ...{ value: plain / again, unit: '×', ...(once && { atLeast: 5 }) },
        });
      }
    } finally {
      await pool.end();
    }
  });
}

/** As an analyst writes it: tables of touches, contacts and won opportunities of their own, narrow and analyzed. */
async function plainSql(pool: pg.Pool): Promise<number> {
  await pool.query(`
    CREATE TEMP TABLE touch AS
    SELECT lead_key, occurred_at, session_key, content_id FROM bi.fact_touchpoint WHERE is_human;
    CREATE TEMP TABLE contact AS SELECT opportunity_key, lead_key FROM bi.bridge_opportunity_contact;
    CREATE TEMP TABLE won AS SELECT opportunity_key, amount_minor, closed_at FROM bi.fact_opportunity WHERE is_won;
    ANALYZE touch, contact, won`);
  return fastest(() => pool.query(LINEAR));
}

/** Repeats of a content in a session are one touch; the share of each is 1 / touches. */
const LINEAR = `
  SELECT content_id, sum(amount_minor / touches::numeric) AS minor, count(DISTINCT opportunity_key) AS opportunities
  FROM (
    SELECT *, count(*) OVER (PARTITION BY opportunity_key) AS touches
    FROM (
      SELECT w.opportunity_key, w.amount_minor, t.content_id,
             row_number() OVER (PARTITION BY w.opportunity_key, t.lead_key, t.session_key, t.content_id ORDER BY t.occurred_at) AS nr
      FROM won w
      JOIN contact c ON c.opportunity_key = w.opportunity_key
      JOIN touch t ON t.lead_key = c.lead_key
       AND t.occurred_at BETWEEN w.closed_at - interval '365 days' AND w.closed_at) touch
    WHERE nr = 1) touch
  GROUP BY content_id
  ORDER BY minor DESC`;
