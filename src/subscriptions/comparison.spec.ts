import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { tally } from '../../test/sample-projections.js';
import { withTransaction } from '../database/client.js';
import { compareBuilds } from './comparison.js';
import type { RebuildMember } from './rebuild-members.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(`
    CREATE TABLE touchline.note (workspace text, text json);
    CREATE TABLE touchline.other (workspace text, number integer);
    SELECT touchline.add_read_model('notes', 'note', 'other');
    SELECT touchline.create_build('notes', 2);
    INSERT INTO touchline_notes_1.note VALUES ('a', '{"a": "\\u0000"}'), ('b', '{"x": 1, "y": 2}');
    INSERT INTO touchline_notes_2.note VALUES ('a', '{"a": "\\u0000"}'), ('b', '{"y": 2, "x": 1}');
    INSERT INTO touchline_notes_1.other VALUES ('a', 1), ('b', 1);
    INSERT INTO touchline_notes_2.other VALUES ('a', 2), ('b', 1)`);
});
afterAll(() => db.drop());

const notes = { ...tally('notes'), tables: ['note', 'other'] };
const member: RebuildMember = {
  ...{
    name: 'notes',
    build: '2',
    version: 1,
    position: 7n,
    prepared: true,
    workspace: null,
    comparison: null,
  },
  ...{ liveBuild: '1', liveVersion: 1, livePosition: 7n, isComparable: true },
};
const compared = async (workspace: string | null) =>
  (await withTransaction(db.pool, (tx) => compareBuilds(tx, notes, { ...member, workspace }, true))).tables;

test('a table with JSON that jsonb does not hold is compared by its number of rows, the others by content', async () => {
  expect(await compared(null)).toEqual([
    { table: 'note', rows: 2, rowsBefore: 2, isSame: null },
    { table: 'other', rows: 2, rowsBefore: 2, isSame: false },
  ]);
});

test.each([
  ['a', null, false],
  ['b', true, true],
])('of workspace %s its rows alone are compared', async (workspace, note, other) => {
  expect(await compared(workspace)).toEqual([
    { table: 'note', rows: 1, rowsBefore: 1, isSame: note },
    { table: 'other', rows: 1, rowsBefore: 1, isSame: other },
  ]);
});
