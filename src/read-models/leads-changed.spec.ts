import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(
    `INSERT INTO touchline.lead_profile (workspace, lead_id, known, email, account_id, traits, known_from, superseded_at)
     VALUES ('w', $1, false, NULL, NULL, '{}', 2, 4), ('w', $1, true, 'ada@a.example', 'a.example', '{}', 4, 6),
            ('w', $1, true, 'ada@a.example', 'a.example', '{"title": "CFO"}', 6, 9)`,
    [LEAD],
  );
  await db.pool.query(
    `INSERT INTO touchline.journey (workspace, lead_id, event_id, position, occurred_at, recorded_at, kind, channel, identity,
       verdict, session, sets_origin, occurred_date, known_from, superseded_at)
     VALUES ('w', $1, $1, 3, '2026-03-01', '2026-03-01', 'page_view', 'direct', '{}', 'human', 'start', false, '2026-03-01', 3, 9)`,
    [LEAD],
  );
});
afterAll(() => db.drop());

const LEAD = '00000000-0000-0000-0000-000000000001';

test.each([
  [0, 2, [{ position: '2', isTouch: false, membership_changed: false }]],
  [2, 3, [{ position: '3', isTouch: true, membership_changed: false }]],
  [3, 4, [{ position: '4', isTouch: false, membership_changed: true }]],
  [4, 6, [{ position: '6', isTouch: false, membership_changed: false }]],
  [6, 8, []],
  [
    8,
    9,
    [
      { position: '9', isTouch: false, membership_changed: true },
      { position: '9', isTouch: true, membership_changed: false },
    ],
  ],
])(
  'after position %i up to %i the lead changed as its versions began and ended',
  async (after, upTo, expected) => {
    const { rows } = await db.pool.query(
      `SELECT position, touched_at IS NOT NULL AS "isTouch", membership_changed FROM touchline.leads_changed($1, $2)
     ORDER BY 1, 2`,
      [after, upTo],
    );
    expect(rows).toEqual(expected);
  },
);
