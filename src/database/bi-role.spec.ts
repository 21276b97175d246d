import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { ensureBiRole, type BiRole } from './bi-role.js';

const ROWS = join(import.meta.dirname, '../../test/bi-rows.sql');

/** Roles belong to the server, which the specs of a run share: names that no other spec uses. */
const [mine, other] = ['a', 'b'].map((letter) => `bi-${letter}-${randomBytes(4).toString('hex')}`) as [
  string,
  string,
];

let db: TestDatabase;
let made: BiRole;
let reader: pg.Client;

async function connectAs({ role, password }: BiRole, database = db): Promise<pg.Client> {
  const url = Object.assign(new URL(database.url), { username: role, password: password ?? '' });
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return client;
}

async function ask<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
  return (await reader.query<Row>(sql)).rows;
}

beforeAll(async () => {
  db = await testDatabase();
  const rows = await readFile(ROWS, 'utf8');
  for (const workspace of [mine, other]) await db.pool.query(rows.replaceAll('{w}', workspace));
  made = await ensureBiRole(db.pool, mine);
  await ensureBiRole(db.pool, other);
  reader = await connectAs(made);
});

afterAll(async () => {
  await reader.end();
  const roles = await db.pool.query<{ role: string }>('SELECT role FROM touchline.bi_reader');
  for (const { role } of roles.rows) await db.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await db.drop();
});

describe('a BI role', () => {
  test('can query every view and sees only the rows of its workspace', async () => {
    const views = await ask<{
      view: string;
      scoped: boolean;
    }>(`SELECT table_name AS view, bool_or(column_name = 'workspace') AS scoped
                               FROM information_schema.columns WHERE table_schema = 'bi' GROUP BY 1`);
    expect(views.length).toBeGreaterThan(15);
    for (const { view, scoped } of views) {
      await ask(`SELECT * FROM bi.${view}`);
      if (scoped)
        expect([view, await ask(`SELECT DISTINCT workspace FROM bi.${view}`)]).toEqual([
          view,
          [{ workspace: mine }],
        ]);
    }
  });

  test('finds nothing when it queries another workspace by name', async () => {
    expect(await ask(`SELECT * FROM bi.dim_lead WHERE workspace = '${other}'`)).toEqual([]);
    expect(
      await ask(`SELECT * FROM bi.fact_touchpoint WHERE touchpoint_key = md5('${other}/touch1')::uuid`),
    ).toEqual([]);
    // given: the owner of the tables does find it
    expect((await db.pool.query(`SELECT FROM bi.dim_lead WHERE workspace = '${other}'`)).rowCount).toBe(4);
  });

  test('cannot detect other rows by a condition that fails on them', async () => {
    // A division by zero on rows of another workspace would reveal that they exist.
    await expect(
      ask(`SELECT count(*) FROM bi.dim_lead WHERE 1 / (workspace = '${mine}')::int = 1`),
    ).resolves.toEqual([{ count: '4' }]);
  });

  test('uses UTC and finds the views without a schema name', async () => {
    expect(
      await ask('SELECT current_setting($$timezone$$) AS zone, count(*)::int AS leads FROM dim_lead'),
    ).toEqual([{ zone: 'UTC', leads: 4 }]);
  });
});

describe('a BI role may not', () => {
  test.each([
    'SELECT * FROM touchline.lead_profile',
    'SELECT * FROM touchline.api_key',
    'SELECT * FROM touchline.write_key',
    'SELECT * FROM touchline.event',
    'SELECT * FROM touchline.attribution_credit',
    "SELECT * FROM touchline.lifecycle_at() WHERE workspace = 'main'",
    "SELECT touchline.grant_bi('main', current_user)",
    'SELECT * FROM touchline.bi_reader',
    'SELECT touchline.bi_workspace()',
    'CREATE TABLE bi.mine (x int)',
    'CREATE TABLE public.mine (x int)',
    "UPDATE bi.dim_lead SET email = 'x'",
    'DELETE FROM bi.fact_touchpoint',
    "INSERT INTO bi.fact_opportunity (workspace) VALUES ('main')",
    'SET ROLE postgres',
    "SELECT pg_read_file('/etc/passwd')",
  ])('%s', async (sql) => {
    await ask('SET default_transaction_read_only = off');
    await expect(ask(sql)).rejects.toThrow(/permission denied|must be|cannot .* view/);
  });

  test('write, since its sessions are read-only by default', async () => {
    const fresh = await connectAs(made);
    await expect(
      fresh.query('CREATE TEMP TABLE t (x int); INSERT INTO bi.dim_lead DEFAULT VALUES'),
    ).rejects.toThrow();
    const { rows } = await fresh.query('SHOW default_transaction_read_only');
    expect(rows).toEqual([{ default_transaction_read_only: 'on' }]);
    await fresh.end();
  });
});

describe('schema bi', () => {
  /** Every relation that a view of schema bi reads, also through views and functions. */
  const UNDER_BI = `
    WITH RECURSIVE reads (class, id) AS (
      SELECT 'pg_class'::regclass, c.oid FROM pg_class c WHERE c.relnamespace = 'bi'::regnamespace AND c.relname <> 'freshness'
      UNION
      SELECT d.refclassid::regclass, d.refobjid
        FROM reads r
        LEFT JOIN pg_rewrite w ON r.class = 'pg_class'::regclass AND w.ev_class = r.id
        JOIN pg_depend d ON (d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid)
                         OR (d.classid = r.class AND d.objid = r.id AND r.class = 'pg_proc'::regclass)
       WHERE d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass)
    )
    SELECT c.relname::text AS name, c.relkind, c.relrowsecurity,
           coalesce('security_invoker=true' = ANY (c.reloptions), false) AS invoker
      FROM reads JOIN pg_class c ON c.oid = reads.id AND reads.class = 'pg_class'::regclass
     WHERE c.relnamespace IN ('bi'::regnamespace, 'touchline'::regnamespace)
        OR c.relnamespace::regnamespace::text IN (SELECT name FROM touchline.build_schema)`;

  test('has row security on every table under its views, as listed by bi_table', async () => {
    const { rows: tables } = await db.pool.query<{ name: string; relrowsecurity: boolean }>(
      `SELECT name, relrowsecurity FROM (${UNDER_BI}) u WHERE relkind NOT IN ('v', 'c') ORDER BY name`,
    );
    expect(tables.filter(({ relrowsecurity }) => !relrowsecurity)).toEqual([]);
    const { rows: listed } = await db.pool.query<{ name: string }>(
      'SELECT name::text FROM touchline.bi_table WHERE workspace_column IS NOT NULL ORDER BY name::text',
    );
    expect(listed.map(({ name }) => name)).toEqual(tables.map(({ name }) => name));
  });

  test('has only views with security_invoker', async () => {
    const { rows } = await db.pool.query(
      `SELECT name FROM (${UNDER_BI}) u WHERE relkind = 'v' AND NOT invoker AND name <> 'dim_date'`,
    );
    expect(rows).toEqual([]);
  });
});

describe('ensureBiRole', () => {
  test('called again changes nothing and keeps the password', async () => {
    expect(await ensureBiRole(db.pool, mine, { password: 'another' })).toEqual({ role: made.role });
    await (await connectAs(made)).end();
  });

  test('grants existing roles access to new views', async () => {
    await db.pool.query(
      'CREATE VIEW bi.later WITH (security_invoker = true) AS SELECT workspace FROM touchline.lead',
    );
    await expect(ask('SELECT * FROM bi.later')).rejects.toThrow('permission denied');
    await ensureBiRole(db.pool, mine);
    expect(await ask('SELECT DISTINCT workspace FROM bi.later')).toEqual([{ workspace: mine }]);
    await db.pool.query('DROP VIEW bi.later');
  });

  test('creates a random name that does not reveal the workspace', () => {
    expect(made.role).toMatch(/^touchline_bi_[0-9a-f]{12}$/);
  });

  test('renames a role that was named after its workspace and keeps its password', async () => {
    const former = `touchline_bi_${mine.replaceAll('-', '_')}`;
    await db.pool.query(`ALTER ROLE ${made.role} RENAME TO ${former}`);
    await db.pool.query('UPDATE touchline.bi_reader SET role = $1 WHERE workspace = $2', [former, mine]);
    const renamed = await ensureBiRole(db.pool, mine);
    expect(renamed).toEqual({ role: expect.stringMatching(/^touchline_bi_[0-9a-f]{12}$/), formerly: former });
    expect(await ensureBiRole(db.pool, mine)).toEqual({ role: renamed.role });
    await reader.end();
    made = { ...made, role: renamed.role };
    reader = await connectAs(made);
    expect(await ask('SELECT DISTINCT workspace FROM bi.dim_lead')).toEqual([{ workspace: mine }]);
  });

  test('does not use the role of another Touchline on the same server', async () => {
    const second = await testDatabase();
    await second.pool.query((await readFile(ROWS, 'utf8')).replaceAll('{w}', mine));
    const theirs = await ensureBiRole(second.pool, mine);
    expect(theirs.role).not.toBe(made.role);
    const stranger = await connectAs(made, second);
    await expect(stranger.query('SELECT * FROM bi.dim_lead')).rejects.toThrow('permission denied');
    await stranger.end();
    await second.pool.query(`DROP OWNED BY ${theirs.role}; DROP ROLE ${theirs.role}`);
    await second.drop();
  });

  test('logs the SQL for an administrator if roles cannot be created', async () => {
    const limited = `limited_${randomBytes(4).toString('hex')}`;
    await db.pool.query(
      `CREATE ROLE ${limited} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA touchline TO ${limited};
       GRANT SELECT, INSERT ON touchline.bi_reader TO ${limited}; GRANT SELECT ON touchline.workspace TO ${limited}`,
    );
    const pool = new pg.Pool({
      connectionString: Object.assign(new URL(db.url), { username: limited, password: 'x' }).href,
    });
    await db.pool.query(`INSERT INTO touchline.workspace (slug, name) VALUES ('new-one', 'new-one')`);
    const { role, password, warning } = await ensureBiRole(pool, 'new-one');
    expect([role, password]).toEqual([expect.stringMatching(/^touchline_bi_/), undefined]);
    expect(warning).toContain(`CREATE ROLE ${role} LOGIN`);
    await db.pool.query(`DELETE FROM touchline.bi_reader WHERE workspace = 'new-one'`);
    await pool.end();
    await db.pool.query(`DROP OWNED BY ${limited}; DROP ROLE ${limited}`);
  });
});

describe('row security', () => {
  interface Plan {
    readonly 'Total Cost': number;
  }
  const cost = async (client: pg.Client | pg.Pool, sql: string): Promise<number> => {
    const { rows } = await client.query<{ 'QUERY PLAN': readonly [{ Plan: Plan }] }>(
      `EXPLAIN (FORMAT JSON) ${sql}`,
    );
    return rows[0]!['QUERY PLAN'][0].Plan['Total Cost'];
  };

  beforeAll(async () => {
    await db.pool.query(
      `INSERT INTO touchline.journey (workspace, lead_id, event_id, session, sets_origin, position, occurred_at, recorded_at, kind,
                                      channel, content_id, identity, verdict, known_from, occurred_date)
       SELECT w, md5(w || n % 500)::uuid, md5(w || n)::uuid, 'start', false, n, '2026-03-31'::timestamptz - n * interval '1 hour', now(),
              'page_view', 'direct', 'c' || n % 50, '{}', 'human', n,
              ('2026-03-31'::timestamptz - n * interval '1 hour')::date
         FROM unnest($1::text[]) AS w, generate_series(100, 10000) AS n`,
      [[mine, other]],
    );
    await db.pool.query('VACUUM ANALYZE touchline_journey_1.journey');
  });

  test.each([
    `SELECT channel, count(*) FROM bi.fact_touchpoint WHERE TRUE GROUP BY 1`,
    `SELECT d.year_month, count(*) FROM bi.fact_touchpoint f JOIN bi.dim_date d ON d.date = f.occurred_date WHERE TRUE GROUP BY 1`,
    `SELECT c.content_title, count(*) FROM bi.fact_touchpoint f JOIN bi.dim_content c USING (content_key) WHERE TRUE GROUP BY 1`,
    `SELECT * FROM bi.lead_current WHERE TRUE`,
    `SELECT offer, buying_stage, count(DISTINCT lead_key) FROM bi.fact_engagement WHERE TRUE GROUP BY 1, 2`,
    ...[
      'fact_lead_step',
      'fact_stage_stay',
      'fact_content_exposure',
      'fact_handoff',
      'fact_unrouted_lead',
    ].map((view) => `SELECT * FROM bi.${view} WHERE TRUE`),
    ...['opportunity_current', 'rep_current'].map((view) => `SELECT * FROM bi.${view} WHERE TRUE`),
  ])('costs no more than a filter by workspace: %s', async (sql) => {
    const workspaces = sql.includes(' c USING') ? ['f', 'c'] : [sql.includes(' f ') ? 'f' : ''];
    const named = workspaces.map((alias) => `${alias && `${alias}.`}workspace = '${mine}'`).join(' AND ');
    const owner = await cost(db.pool, sql.replace('TRUE', named));
    expect(await cost(reader, sql)).toBeLessThan(owner * 1.2);
  });

  test.each([
    `SELECT channel, count(*) FROM bi.fact_touchpoint WHERE occurred_date >= '2026-03-01' AND occurred_date < '2026-03-08' GROUP BY 1`,
    `SELECT count(*) FROM bi.fact_touchpoint f JOIN bi.dim_lead USING (lead_key) WHERE occurred_date = '2026-03-01'`,
    `SELECT * FROM bi.fact_touchpoint_history WHERE occurred_date BETWEEN '2026-03-01' AND '2026-03-02'`,
    `SELECT buying_stage, count(*) FROM bi.fact_engagement WHERE occurred_date BETWEEN '2026-03-01' AND '2026-03-07' GROUP BY 1`,
  ])('allows an index scan for a range of days: %s', async (sql) => {
    const { rows } = await reader.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Bitmap Index Scan on journey_occurred_date/);
    expect(plan).not.toMatch(/Seq Scan on journey/);
  });

  test('allows an index scan for one touchpoint', async () => {
    const { rows } = await reader.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT * FROM bi.fact_touchpoint WHERE touchpoint_key = md5('x')::uuid`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan using journey_event/);
  });

  test('allows an index scan for session and origin of a touchpoint, for queries that select them alone', async () => {
    const planOf = async (columns: string): Promise<string> => {
      const { rows } = await reader.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT ${columns} FROM bi.fact_touchpoint`,
      );
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    const looksUp = /Index Scan Backward using (journey_session\w*)/g;
    const indexes = async (columns: string): Promise<(string | undefined)[]> =>
      [...(await planOf(columns)).matchAll(looksUp)].map(([, index]) => index);
    expect(await indexes('touchpoint_key, touchpoint_kind, starts_session, content_key')).toEqual([]);
    expect(await indexes('session_key')).toEqual(['journey_session']);
    expect(await indexes('channel, source_key, medium, campaign_key')).toEqual([
      'journey_session',
      'journey_session_origin',
    ]);
  });
});
