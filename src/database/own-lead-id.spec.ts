import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { leadIdOf } from '../domain/identity/keys.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
}, 60_000);
afterAll(() => db?.drop());

test('the database names the lead of a key as the projections do, whatever is in the key', async () => {
  const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
  const sample = fc.sample(fc.tuple(text, text), 200);
  const { rows } = await db.pool.query<{ ids: string[] }>(
    `SELECT touchline.own_lead_ids(one.workspace, ARRAY[one.key, 'email:ada@acme.example']) AS ids
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS one (workspace, key, place) ORDER BY place`,
    [sample.map(([workspace]) => workspace), sample.map(([, key]) => `user:${key}`)],
  );
  expect(rows.map(({ ids }) => ids)).toEqual(
    sample.map(([workspace, key]) => [
      leadIdOf(workspace, `user:${key}`),
      leadIdOf(workspace, 'email:ada@acme.example'),
    ]),
  );
});
