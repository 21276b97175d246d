import { expect } from '@jest/globals';
import type pg from 'pg';
import { until } from '../until.js';
import { API_KEY, poolOf, type ServerProcess } from './server-process.js';
import type { Acknowledged, Traffic } from './traffic.js';

/** Law 1 and 2: what was acknowledged is in the log once, positions and versions of decisions have no gaps. */
export async function expectLogIntact(pool: pg.Pool, acknowledged: Acknowledged): Promise<void> {
  const { rows: events } = await pool.query<{ mid: string; position: string }>(
    `SELECT data->'properties'->>'mid' AS mid, position FROM touchline.event WHERE type = 'TouchpointRecorded'`,
  );
  const positions = new Map(events.map(({ mid, position }) => [mid, position]));
  expect(positions.size).toBe(events.length);
  expect([...acknowledged.messages].filter((mid) => !positions.has(mid))).toEqual([]);
  const moved = [...acknowledged.positions].filter(([mid, position]) => positions.get(mid) !== position);
  expect(moved).toEqual([]);

  const { rows: log } = await pool.query(
    `SELECT count(*)::int AS events, min(position)::int AS first, max(position)::int AS last,
       count(DISTINCT (workspace, id))::int AS ids, (SELECT head::int FROM touchline.log) AS head FROM touchline.event`,
  );
  const { last } = log[0] as { last: number };
  expect(log[0]).toEqual({ events: last, first: 1, last, ids: last, head: last });

  const { rows: broken } = await pool.query(
    `SELECT workspace, stream, count(*) FROM touchline.event WHERE version IS NOT NULL GROUP BY workspace, stream
     HAVING count(*) <> max(version) OR min(version) <> 1 OR count(DISTINCT version) <> count(*)`,
  );
  expect(broken).toEqual([]);
}

/**
 * After whatever happened to an engine under load: the server is alive and has caught up, clients got 503 with Retry-After and
 * nothing else, and what was acknowledged is in the log and in the read models, once.
 *
 * @param databaseDir of the PostgreSQL that the server was given
 */
export async function expectRecovered(
  server: ServerProcess,
  traffic: Traffic,
  databaseDir: string,
): Promise<void> {
  await traffic.stop();
  expect(server.running).toBe(true);
  await caughtUp(server.url, 120_000);
  expect([...traffic.refusals.statuses.keys()]).toEqual([503]);
  expect(traffic.refusals.withoutRetryAfter).toBe(0);
  const pool = await poolOf(databaseDir);
  await expectLogIntact(pool, traffic.acknowledged);
  await expectMoneyConserved(pool, traffic.acknowledged);
  await pool.end();
}

interface Standing {
  readonly head: string;
  readonly projections: readonly {
    readonly name: string;
    readonly position: string;
    readonly deadLetters: number;
  }[];
}

/** Waits until every read model has applied the whole log, by the API's own word. */
export async function caughtUp(url: string, patienceMs: number): Promise<void> {
  let standing: Standing = { head: '0', projections: [] };
  await until(async () => {
    const answer = await fetch(`${url}/api/projections`, { headers: { authorization: `Bearer ${API_KEY}` } });
    standing = (await answer.json()) as Standing;
    return standing.projections.every(({ position }) => position === standing.head);
  }, patienceMs);
  const { head, projections } = standing;
  expect(projections.length).toBeGreaterThan(0);
  expect(projections).toEqual(projections.map((one) => ({ ...one, position: head, deadLetters: 0 })));
}

/** Law 6: the credits of every won opportunity add up to its amount under each model, and its amount is the one acknowledged. */
export async function expectMoneyConserved(pool: pg.Pool, acknowledged: Acknowledged): Promise<void> {
  const { rows: opportunities } = await pool.query<{
    id: string;
    amount: number;
    credited: number | null;
    models: number;
  }>(
    `SELECT o.opportunity_id AS id, o.amount_minor::float8 AS amount, p.amount_minor::float8 AS credited,
       (SELECT count(*)::int FROM touchline.attribution_share s WHERE s.path_id = p.path_id) AS models
     FROM touchline.opportunity o
     LEFT JOIN touchline.attribution_path p ON p.workspace = o.workspace AND p.opportunity_id = o.opportunity_id
       AND p.metric = 'revenue' AND p.superseded_at IS NULL
     WHERE o.status = 'won' AND o.superseded_at IS NULL`,
  );
  const amounts = new Map(opportunities.map(({ id, amount }) => [id, amount]));
  for (const [id, minor] of acknowledged.won) expect([id, amounts.get(id)]).toEqual([id, minor]);
  expect(opportunities.filter(({ amount, credited }) => amount !== credited)).toEqual([]);

  const { rows: leaking } = await pool.query(
    `SELECT p.opportunity_id, s.model FROM touchline.attribution_path p JOIN touchline.attribution_share s USING (path_id)
     WHERE cardinality(p.event_ids) > 0 AND p.amount_minor <> (SELECT sum(amount) FROM unnest(s.amounts) AS amount)`,
  );
  expect(leaking).toEqual([]);
  const { rows: attributed } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM touchline.attribution_path
     WHERE metric = 'revenue' AND superseded_at IS NULL AND cardinality(event_ids) > 0`,
  );
  expect(attributed[0]?.count).toBeGreaterThan(0);
}
