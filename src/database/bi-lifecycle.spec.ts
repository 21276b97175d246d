import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { inTransaction } from '../../test/project.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  const rows = await readFile(new URL('../../test/bi-rows.sql', import.meta.url), 'utf8');
  await db.pool.query(rows.replaceAll('{w}', 'main'));
});
afterAll(() => db.drop());

test('a lead shows what was decided last, and its decisions are events with their reasons', async () => {
  const current = await db.pool.query(
    `SELECT last_decision, cycle, recipient, due_by FROM bi.lead_current WHERE email LIKE 'bob%'`,
  );
  expect(current.rows).toEqual([
    { last_decision: 'handed_off', cycle: 1, recipient: 'rep-7', due_by: new Date('2026-03-09T01:00Z') },
  ]);
  const events = await db.pool.query(
    `SELECT decision, f.score, reasons, recipient_kind FROM bi.fact_lifecycle_event f
       JOIN bi.dim_lead USING (lead_key, workspace) WHERE email LIKE 'bob%' ORDER BY f.known_from`,
  );
  expect(events.rows).toEqual([
    {
      decision: 'qualified',
      score: 41.5,
      reasons: 'score 41.5 of 40; grade B (C or better)',
      recipient_kind: null,
    },
    { decision: 'handed_off', score: null, reasons: null, recipient_kind: 'rep' },
  ]);
});

test.each([
  [22, 'engaged'],
  [23, 'qualified'],
  [24, 'handed_off'],
])('as of position %i the lifecycle of a lead is %s by its decisions', async (position, lifecycle) => {
  const { rows } = await db.pool.query(
    `SELECT lifecycle FROM touchline.lifecycle_at($1) WHERE workspace = 'main' AND lead_id = md5('main/bob')::uuid`,
    [position],
  );
  expect(rows).toEqual([{ lifecycle }]);
});

const STATUSES = ['qualified', 'handed_off', 'accepted', 'recycled', 'disqualified'];

test.each([
  ...STATUSES.map((status) => ['bob', status, 'subscribed', status] as const),
  ...STATUSES.map((status) => ['bob', status, 'unsubscribed', 'opted_out'] as const),
  ...STATUSES.map((status) => ['ada', status, 'unsubscribed', 'customer'] as const),
])('the lifecycle of %s, %s and %s, is %s', async (who, status, consent, lifecycle) => {
  await inTransaction(db.pool, async (tx) => {
    await tx.query(`UPDATE lead_profile SET email_consent = $2 WHERE lead_id = md5('main/' || $1)::uuid`, [
      who,
      consent,
    ]);
    await tx.query(`DELETE FROM lead_lifecycle`);
    await tx.query(
      `INSERT INTO lead_lifecycle (workspace, lead_id, status, cycle, last_cycle, decided_id, event_id, since, known_from)
       SELECT 'main', id, $2, 1, 1, id, id, now(), 30 FROM (SELECT md5('main/' || $1)::uuid AS id)`,
      [who, status],
    );
    const { rows } = await tx.query(
      `SELECT lifecycle FROM touchline.lifecycle_at() WHERE workspace = 'main' AND lead_id = md5('main/' || $1)::uuid`,
      [who],
    );
    expect(rows).toEqual([{ lifecycle }]);
  });
});
