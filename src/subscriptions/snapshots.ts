import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A transaction that keeps one snapshot (REPEATABLE READ) and names a table for the first time after builds were exchanged
 * finds the new one, yet sees it as of its snapshot. So builds are exchanged when all snapshots are younger than their level.
 * Who has read one of the tables already holds a lock, whose end the exchange waits for in any case.
 *
 * @param tables that are exchanged
 * @param level a transaction that began when they were level
 */
export async function awaitOldSnapshots(
  pool: pg.Pool,
  tables: readonly string[],
  level: string,
  deadline: number,
): Promise<boolean> {
  for (let pause = 5; performance.now() < deadline; pause = Math.min(200, pause * 2)) {
    const { rowCount } = await pool.query(
      `${OLD_SNAPSHOTS} AND NOT EXISTS (${locksOf('activity.pid', '$2')}) LIMIT 1`,
      [level, tables],
    );
    if (rowCount === 0) return true;
    await sleep(pause);
  }
  return false;
}

/** Whether somebody reads in a snapshot that is older than the level, whatever it holds. */
export async function hasOldSnapshots(database: pg.ClientBase, level: string): Promise<boolean> {
  return (await database.query(`${OLD_SNAPSHOTS} LIMIT 1`, [level])).rowCount !== 0;
}

/** The number of a transaction that begins now. */
export async function currentTransaction(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ now: string }>('SELECT pg_current_xact_id()::text AS now');
  return rows[0]?.now ?? '0';
}

/** A transaction of somebody else that an exchange has to wait for. */
export interface Blocker {
  readonly role: string;
  readonly application: string;
  /** Since it began. */
  readonly seconds: number;
  /** It has read one of the tables; else it has a snapshot in which it might. */
  readonly holdsLock: boolean;
}

export async function readBlockers(pool: pg.Pool, tables: readonly string[]): Promise<Blocker[]> {
  const { rows } = await pool.query<Blocker>(BLOCKERS, [tables]);
  return rows;
}

/** E.g. `3 transactions of touchline_bi_3f9c (metabase), 1 of postgres (pg_dump); the oldest began 12 s ago`. */
export function describeBlockers(blockers: readonly Blocker[]): string {
  const byName = Map.groupBy(blockers, ({ role, application }) =>
    application === '' ? role : `${role} (${application})`,
  );
  const each = [...byName].map(([name, of], index) => {
    const noun = index > 0 ? '' : of.length === 1 ? 'transaction ' : 'transactions ';
    return `${of.length} ${noun}of ${name}`;
  });
  const oldest = Math.round(Math.max(...blockers.map(({ seconds }) => seconds)));
  return `${each.join(', ')}; the oldest began ${oldest} s ago`;
}

/** Locks that a session has on views of the named tables. */
const locksOf = (pid: string, tables: string): string => `
  SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
  WHERE l.pid = ${pid} AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND c.relnamespace = 'touchline'::regnamespace AND c.relkind = 'v' AND c.relname = ANY (${tables}::text[])`;

const OTHERS = `
  FROM pg_stat_activity activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;

const OLD_SNAPSHOTS = `SELECT ${OTHERS} AND backend_xmin IS NOT NULL AND age(backend_xmin) > age($1::xid8::xid)`;

const BLOCKERS = `
  SELECT usename AS role, application_name AS application,
         extract(epoch FROM clock_timestamp() - xact_start)::float AS seconds, "holdsLock"
  FROM (SELECT *, EXISTS (${locksOf('activity.pid', '$1')}) AS "holdsLock" ${OTHERS} AND xact_start IS NOT NULL) activity
  WHERE "holdsLock" OR backend_xmin IS NOT NULL`;
