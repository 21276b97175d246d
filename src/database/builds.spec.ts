import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { projections } from '../projections/all.js';
import { isReactor } from '../subscriptions/subscription.js';
import { ensureBiRole } from './bi-role.js';

let db: TestDatabase;
let reader: string;

beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(`INSERT INTO touchline.workspace (slug, name) VALUES ('main', 'Main')`);
  reader = (await ensureBiRole(db.pool, 'main')).role;
});
afterAll(async () => {
  await db.pool.query(`DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
  await db.drop();
});

/** What the tables of a schema are made of, without the name of the schema. */
async function made(pool: pg.Pool, schema: string): Promise<unknown[]> {
  const { rows } = await pool.query(
    `SELECT c.relname AS table, c.relrowsecurity, c.reloptions, toast.reloptions AS toast_options, c.relacl::text,
            ARRAY(SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                                   a.attgenerated, a.attstorage, a.attcompression, pg_get_expr(d.adbin, d.adrelid))
                    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
            ARRAY(SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint
                   WHERE conrelid = c.oid ORDER BY conname) AS constraints,
            ARRAY(SELECT replace(pg_get_indexdef(indexrelid), $1 || '.', '') FROM pg_index
                   WHERE indrelid = c.oid ORDER BY 1) AS indexes,
            ARRAY(SELECT concat_ws(' ', polname, pg_get_expr(polqual, polrelid), polroles::text) FROM pg_policy
                   WHERE polrelid = c.oid ORDER BY polname) AS policies
       FROM pg_class c LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
      WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' ORDER BY c.relname`,
    [schema],
  );
  return rows;
}

const PROJECTIONS = projections.filter((one) => !isReactor(one));

describe.each(PROJECTIONS.map(({ name }) => name))('a build of %s', (name) => {
  test('has the same tables, indexes and privileges as the live build', async () => {
    await db.pool.query('SELECT touchline.create_build($1, 2)', [name]);
    const next = await made(db.pool, `touchline_${name}_2`);
    expect(next).toEqual(await made(db.pool, `touchline_${name}_1`));
    expect(JSON.stringify(next)).toContain(reader);
  });

  test('is dropped completely when it is obsolete, and never while it is live', async () => {
    await db.pool.query('SELECT touchline.drop_build($1), touchline.drop_build($2)', [
      `touchline_${name}_1`,
      `touchline_${name}_2`,
    ]);
    const { rows } = await db.pool.query(
      'SELECT build FROM touchline.build_schema WHERE projection = $1 AND to_regnamespace(name) IS NOT NULL',
      [name],
    );
    expect(rows).toEqual([{ build: '1' }]);
    expect(
      (await db.pool.query(`SELECT FROM pg_namespace WHERE nspname = 'touchline_${name}_2'`)).rowCount,
    ).toBe(0);
  });
});

test('the tables of every projection are those it declares', async () => {
  for (const { name, tables } of PROJECTIONS) {
    const { rows } = await db.pool.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r'`,
      [`touchline_${name}_1`],
    );
    expect(rows.map((row) => row.name).sort()).toEqual([...tables].sort());
  }
});

describe('a migration', () => {
  beforeEach(() =>
    db.pool.query(`
      DROP VIEW IF EXISTS touchline.sample_total;
      DROP FUNCTION IF EXISTS touchline.sample_sum;
      DROP VIEW IF EXISTS touchline.sample;
      DROP SCHEMA IF EXISTS touchline_samples_1, touchline_samples_2 CASCADE;
      DELETE FROM touchline.build_schema WHERE projection = 'samples';
      CREATE TABLE touchline.sample (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount integer) WITH (fillfactor = 50);
      CREATE INDEX sample_amount ON touchline.sample (amount) WHERE amount > 0;
      CREATE VIEW touchline.sample_total WITH (security_invoker = true) AS SELECT sum(amount) AS total FROM touchline.sample;
      CREATE FUNCTION touchline.sample_sum() RETURNS bigint LANGUAGE sql STABLE
        BEGIN ATOMIC SELECT sum(amount) FROM touchline.sample; END;
      INSERT INTO touchline.sample (amount) VALUES (1), (2);
      SELECT touchline.add_read_model('samples', 'sample')`),
  );
  const asked = async () => {
    const { rows } = await db.pool.query<{ total: string; sum: string }>(
      'SELECT total, touchline.sample_sum() AS sum FROM touchline.sample_total',
    );
    return [rows[0]?.total, rows[0]?.sum];
  };

  test('can add a read model, whose views and functions then follow the live build', async () => {
    expect(await asked()).toEqual(['3', '3']);
    await db.pool.query(`
      SELECT touchline.create_build('samples', 2);
      INSERT INTO touchline_samples_2.sample (amount) VALUES (10);
      SELECT touchline.show_build('samples', 2)`);
    expect(await asked()).toEqual(['10', '10']);
  });

  test('can change the tables of all builds without naming their schemas, and the view has the new column', async () => {
    await db.pool.query(`SELECT touchline.create_build('samples', 2)`);
    await db.pool.query(
      `SELECT touchline.alter_read_model('samples', 'ALTER TABLE sample ADD COLUMN note text; CREATE INDEX sample_note ON sample (note)')`,
    );
    expect(await made(db.pool, 'touchline_samples_2')).toEqual(await made(db.pool, 'touchline_samples_1'));
    expect((await db.pool.query('SELECT id, note FROM touchline.sample')).rowCount).toBe(2);
    expect((await db.pool.query('SHOW search_path')).rows).toEqual([{ search_path: 'touchline,public' }]);
  });

  test('that drops a column fails with the names of the views that use it', async () => {
    const drop = `SELECT touchline.alter_read_model('samples', 'ALTER TABLE sample DROP COLUMN amount')`;
    await expect(db.pool.query(drop)).rejects.toThrow('other objects depend on it');
  });
});
