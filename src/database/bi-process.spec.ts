import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { attributionSettings } from '../domain/attribution/settings.js';
import { isReceived } from '../domain/session.js';
import { TOUCHPOINT_KINDS } from '../domain/touchpoint.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { SET_BUILD_SEARCH_PATH } from '../../test/project.js';

let db: TestDatabase;
let client: pg.PoolClient;
beforeAll(async () => {
  db = await testDatabase();
  const rows = await readFile(new URL('../../test/bi-rows.sql', import.meta.url), 'utf8');
  await db.pool.query(rows.replaceAll('{w}', 'main'));
});
afterAll(() => db.drop());
beforeEach(async () => {
  client = await db.pool.connect();
  await client.query(`BEGIN; ${SET_BUILD_SEARCH_PATH}`);
});
afterEach(async () => {
  await client.query('ROLLBACK; RESET search_path');
  client.release();
});

async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
  return (await client.query<Record<string, unknown>>(sql)).rows;
}

test('views leave out the kinds by which no buyer engages, as attribution and sessions do', async () => {
  const [row] = await rowsOf('SELECT touchline.kinds_without_engagement() AS kinds');
  const { excludedKinds } = attributionSettings();
  expect(row?.kinds).toEqual(
    TOUCHPOINT_KINDS.filter((kind) => excludedKinds.includes(kind) || isReceived(kind)),
  );
});

test('a hand-off has one row, with what its lead was like then and how its clock stands', async () => {
  expect(
    await rowsOf(
      `SELECT email, rep_name, recipient_kind, routing_rule, handed_off_date::text, handoff_state, is_open, clock, is_rotten, is_late,
              f.persona, buying_stage, f.score, minutes_to_first_activity, ended_by
         FROM bi.fact_handoff f JOIN bi.dim_lead USING (lead_key) JOIN bi.dim_rep USING (rep_key)`,
    ),
  ).toEqual([
    {
      ...{ email: 'bob@beta.example', rep_name: 'Eva', recipient_kind: 'rep', routing_rule: 'all' },
      ...{ handed_off_date: '2026-03-08', handoff_state: 'handed_off', is_open: true, clock: 'rotten' },
      ...{ is_rotten: true, is_late: true, persona: null, buying_stage: null, score: 4.04 },
      ...{ minutes_to_first_activity: null, ended_by: null },
    },
  ]);
});

const AT = (hour: number): string => `2026-03-08T0${hour}:00Z`;
const CALL = `INSERT INTO journey (workspace, lead_id, event_id, session, sets_origin, position, occurred_at, recorded_at, kind,
    channel, identity, verdict, known_from, occurred_date, rep)
  SELECT 'main', md5('main/bob')::uuid, md5('call')::uuid, 'alone', false, 30, '${AT(3)}', '${AT(3)}', 'sales_call', 'sales', '{}', 'human', 30,
    '2026-03-08', 'rep-8'`;
const decide = (type: string, hour: number, data: object): string =>
  `INSERT INTO lead_decision (workspace, lead_id, position, event_id, type, occurred_at, data)
   VALUES ('main', md5('main/bob')::uuid, 30 + ${hour}, md5('${type}')::uuid, '${type}', '${AT(hour)}', '${JSON.stringify({ cycle: 1, ...data })}')`;

test.each([
  [
    'that sales called about in time',
    [CALL],
    { clock: 'stopped', is_late: false, minutes_to_first_activity: '120.00', first_activity_rep: 'rep-8' },
  ],
  [
    'that was accepted without work on it',
    [decide('LeadAccepted', 2, { by: 'rep-7' })],
    { clock: 'rotten', is_open: true, accepted_by: 'rep-7', is_late: true, open_until: null },
  ],
  [
    'that was recycled in time',
    [decide('LeadRecycled', 4, { by: 'rep-7', reason: 'no budget' })],
    {
      ...{ handoff_state: 'recycled', is_open: false, clock: 'stopped', is_late: false },
      ...{ ended_by: 'rep-7', end_reason: 'no budget', ended_date: '2026-03-08' },
    },
  ],
  [
    'that was given to somebody else',
    [
      decide('LeadHandedOff', 5, {
        ...{ modelVersion: 1, recipient: { id: 'rep-9', kind: 'rep' }, rule: 'assigned', by: 'eva' },
        dueBy: '2026-03-09T05:00:00Z',
      }),
    ],
    { handoff_state: 'reassigned', ended_by: 'eva', is_open: false },
  ],
])('a hand-off %s shows it', async (_, statements, expected) => {
  for (const statement of statements) await client.query(statement);
  const [row] = await rowsOf(
    `SELECT *, ended_date::text FROM bi.fact_handoff WHERE handoff_key = md5('main/l2')::uuid`,
  );
  expect(row).toMatchObject(expected);
});

test('a hand-off shows its times in business hours too, where its event has kept them', async () => {
  const minutes = `SELECT service_level, business_hours, business_time_zone, business_minutes_to_accept::float, minutes_to_first_activity::float,
      business_minutes_to_first_activity::float, business_minutes_overdue::float
    FROM bi.fact_handoff WHERE handoff_key = md5('main/l2')::uuid`;
  const [unknown] = await rowsOf(minutes);
  expect(new Set(Object.values(unknown ?? {}))).toEqual(new Set([null]));
  const hours = { id: 'office', week: { monday: [{ from: '09:00', to: '17:00' }] } };
  const schedule = { serviceLevel: 'all', workSchedule: { timeZone: 'Europe/Berlin', hours } };
  await client.query(
    `UPDATE lead_decision SET data = (data::jsonb || $1)::json WHERE event_id = md5('main/l2')::uuid`,
    [schedule],
  );
  // From Sunday, due at one o'clock on Monday; office hours begin at eight in UTC.
  await client.query(decide('LeadAccepted', 2, { by: 'rep-7' }).replace(AT(2), '2026-03-09T09:30:00Z'));
  await client.query(CALL.replaceAll(AT(3), '2026-03-09T10:00:00Z'));
  expect(await rowsOf(minutes)).toEqual([
    {
      ...{ service_level: 'all', business_hours: 'office', business_time_zone: 'Europe/Berlin' },
      ...{ business_minutes_to_accept: 90, minutes_to_first_activity: 33 * 60 },
      ...{ business_minutes_to_first_activity: 120, business_minutes_overdue: 120 },
    },
  ]);
});

test('a qualified lead that nobody received is listed while it waits', async () => {
  expect(
    await rowsOf(
      `SELECT email, persona, buying_stage, u.score, hours_waiting > 1 AS waits FROM bi.fact_unrouted_lead u JOIN bi.dim_lead USING (lead_key, persona)`,
    ),
  ).toEqual([{ email: 'dan@beta.example', persona: 'cto', buying_stage: 'choose', score: 12, waits: true }]);
});

test('a content serves the cells of the journey model and of the catalogue, and cells without any are gaps', async () => {
  expect(
    await rowsOf(
      `SELECT c.persona, c.buying_stage, c.stage_number, c.is_served, b.content_id, b.is_in_model, b.is_in_catalogue
         FROM bi.dim_persona_stage c LEFT JOIN bi.bridge_content_persona_stage b USING (persona_stage_key)
        ORDER BY 1, 3`,
    ).then((all) => all.map((row) => Object.values(row))),
  ).toEqual([
    ['cto', 'choose', 1, true, 'guide', false, true],
    ['economic_buyer', 'explore', 1, true, 'guide', true, false],
    ['economic_buyer', 'choose', 2, false, null, null, null],
  ]);
});
