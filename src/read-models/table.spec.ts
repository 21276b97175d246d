import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { isReadRight } from '../../test/json-names.js';
import fc from 'fast-check';
import type pg from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { withTransaction } from '../database/client.js';
import {
  bigint,
  bigintArray,
  boolean,
  date,
  double,
  doubleArray,
  integer,
  json,
  jsonb,
  nullable,
  nullableTextArray,
  smallintArray,
  smallintOf,
  text,
  textArray,
  timestamptz,
  timestamptzArray,
  uuid,
  uuidArray,
} from './column-types.js';
import { runStatements } from './statements.js';
import { type RowOf, Table } from './table.js';

const COLUMNS = {
  id: integer,
  theText: text,
  maybeText: nullable(text),
  theUuid: uuid,
  isTrue: boolean,
  small: nullable(smallintOf()),
  large: bigint,
  ratio: double,
  instant: timestamptz,
  maybeInstant: nullable(timestamptz),
  day: date,
  document: nullable(json<unknown>()),
  binaryDocument: jsonb<unknown>(),
};
const TABLE = new Table('public.sample', { ...COLUMNS, keys: textArray() }, ['id']);
type Row = RowOf<typeof TABLE>;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool
    .query(`CREATE TABLE public.sample (id integer PRIMARY KEY, the_text text, maybe_text text, the_uuid uuid,
    is_true boolean, small smallint, large bigint, ratio double precision, instant timestamptz, maybe_instant timestamptz,
    day date, document json, binary_document jsonb, keys text[])`);
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('TRUNCATE public.sample'));

/** Of any Unicode, lone surrogates and NUL included, which PostgreSQL cannot keep. */
const anyText = fc.string({ unit: 'binary', maxLength: 12 });
const kept = (value: string): string => value.replaceAll('\0', '').toWellFormed();
/** Years 1 to 9999, to the ms. */
const instant = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
const document = fc.dictionary(
  fc.string({ unit: 'grapheme-ascii' }).filter(isReadRight),
  fc.oneof(anyText.map(kept), fc.integer(), fc.boolean()),
  {
    maxKeys: 3,
    noNullPrototype: true,
  },
);

const row: fc.Arbitrary<Omit<Row, 'id'>> = fc.record({
  theText: anyText,
  maybeText: fc.option(anyText),
  theUuid: fc.uuid(),
  isTrue: fc.boolean(),
  small: fc.option(fc.integer({ min: -32_768, max: 32_767 })),
  large: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ratio: fc.double({ noNaN: true }).map((value) => value + 0),
  instant,
  maybeInstant: fc.option(instant),
  day: fc.integer({ min: -719_162, max: 2_932_896 }),
  document: fc.option(document),
  binaryDocument: document,
  keys: fc.array(anyText, { maxLength: 4 }),
});
const rows = fc
  .array(row, { minLength: 1, maxLength: 20 })
  .map((all) => all.map((each, id): Row => ({ ...each, id })));

async function stored(tx: pg.PoolClient): Promise<Row[]> {
  const { rows: found } = await tx.query<Record<string, unknown>>(
    `SELECT ${TABLE.selectFrom('t')} FROM public.sample t ORDER BY id`,
  );
  return found.map((each) => TABLE.decode(each));
}

const asKept = (each: Row): Row => ({
  ...each,
  theText: kept(each.theText),
  maybeText: each.maybeText === null ? null : kept(each.maybeText),
  keys: each.keys.map(kept),
});

test('rows are read as they were inserted, whatever their values', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      await withTransaction(db.pool, async (tx) => {
        await tx.query('TRUNCATE public.sample');
        await runStatements(tx, TABLE.insert(all));
        expect(await stored(tx)).toEqual(all.map(asKept));
      });
    }),
    { numRuns: 50 },
  );
});

const changing = (Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]).filter((column) => column !== 'id');

test('rows are read as they were updated, in one round trip with their insert', async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, async (before, after) => {
      await withTransaction(db.pool, async (tx) => {
        await tx.query('TRUNCATE public.sample');
        await runStatements(tx, [...TABLE.insert(before), ...TABLE.update(after, changing)]);
        const expected = before.map((each, id) => ({ ...each, ...after[id], keys: each.keys }));
        expect(await stored(tx)).toEqual(expected.map(asKept));
      });
    }),
    { numRuns: 50 },
  );
});

const ARRAYS = new Table(
  'arrays',
  {
    id: uuid,
    texts: nullableTextArray,
    uuids: uuidArray,
    instants: timestamptzArray,
    smalls: smallintArray,
    larges: nullable(bigintArray),
    ratios: doubleArray,
    large: bigint,
    instant: nullable(timestamptz),
  },
  ['id'],
);
const arrays: fc.Arbitrary<RowOf<typeof ARRAYS>> = fc.record({
  id: fc.uuid().map((id) => id.replaceAll('-', '')),
  texts: fc.array(fc.option(anyText.map(kept))),
  uuids: fc.array(fc.uuid()),
  instants: fc.array(instant),
  smalls: fc.array(fc.integer({ min: -32_768, max: 32_767 })),
  larges: fc.option(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))),
  ratios: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
  large: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  instant: fc.option(instant),
});

test('rows with arrays are the same by COPY and by JSON', async () => {
  await db.pool
    .query(`CREATE TABLE public.arrays (id uuid, texts text[], uuids uuid[], instants timestamptz[], smalls smallint[],
    larges bigint[], ratios double precision[], large bigint, instant timestamptz)`);
  const property = fc.asyncProperty(fc.array(arrays, { minLength: 1, maxLength: 5 }), async (all) => {
    await withTransaction(db.pool, async (tx) => {
      await tx.query('TRUNCATE public.arrays');
      await runStatements(tx, ARRAYS.insert(all));
      const byJson = 'SELECT * FROM json_populate_recordset(NULL::public.arrays, $1)';
      const { rows: copied } = await tx.query('TABLE public.arrays');
      expect((await tx.query(byJson, [ARRAYS.toJson(all)])).rows).toEqual(copied);
      expect(copied).toHaveLength(all.length);
    });
  });
  await fc.assert(property, { numRuns: 50 });
});

const NAMES = new Table('name', { id: integer, name: text }, ['id']);
const one = { id: 1, name: 'one' };
const two = { id: 2, name: 'two' };

async function withNames(work: (tx: pg.PoolClient, names: () => Promise<unknown[]>) => Promise<void>) {
  await withTransaction(db.pool, async (tx) => {
    await tx.query('CREATE TEMPORARY TABLE name (id integer PRIMARY KEY, name text) ON COMMIT DROP');
    await work(tx, async () => (await tx.query<object>('SELECT * FROM name ORDER BY id')).rows);
  });
}

test('insertMissing leaves rows that are there alone, and delete removes only the given ones', () =>
  withNames(async (tx, names) => {
    await runStatements(tx, [
      ...NAMES.insert([one]),
      ...NAMES.insertMissing([{ ...one, name: 'other' }, two]),
    ]);
    expect(await names()).toEqual([one, two]);
    await runStatements(tx, NAMES.delete([one]));
    expect(await names()).toEqual([two]);
  }));

test('a statement that fails ends the lot with its error, data of COPY behind it included, and the session goes on', () =>
  withNames(async (tx, names) => {
    await runStatements(tx, NAMES.insert([one]));
    await tx.query('SAVEPOINT before');
    const failing = [
      ...NAMES.insert([two]),
      ...NAMES.insert([one]),
      ...NAMES.insert([{ id: 3, name: 'three' }]),
    ];
    await expect(runStatements(tx, failing)).rejects.toMatchObject({ code: '23505' });
    await tx.query('ROLLBACK TO before');
    expect(await names()).toEqual([one]);
    await runStatements(tx, NAMES.insert([two]));
    expect(await names()).toEqual([one, two]);
  }));

test('a session that is lost in the middle of a lot rejects it', async () => {
  const work = withTransaction(db.pool, async (tx) => {
    await runStatements(tx, [
      { text: 'SELECT pg_terminate_backend(pg_backend_pid())' },
      { text: 'SELECT 1' },
    ]);
  });
  await expect(work).rejects.toThrow();
});

test.each([
  ['a text that is no UUID', new Table('t', { id: uuid }, ['id']), { id: 'abc' }],
  ['an instant that is no number', new Table('t', { id: timestamptz }, ['id']), { id: NaN }],
  ['a day between two', new Table('t', { id: date }, ['id']), { id: 0.5 }],
  ['an integer that is too large', new Table('t', { id: integer }, ['id']), { id: 2 ** 31 }],
] as const)('%s is refused before it would reach PostgreSQL as a broken message', (_what, table, value) => {
  expect(() => (table as Table<{ id: typeof uuid }>).insert([value as never])).toThrow(
    expect.objectContaining({ name: 'RangeError' }),
  );
});
