import { expect, test } from '@jest/globals';
import pg from 'pg';
import { leadIdOf } from '../domain/identity/keys.js';
import { loadLeads } from '../read-models/lead-snapshots.js';
import { testDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { logOf, opportunityEvents, day, project, roles, entry, pageView } from '../../test/sample-events.js';

const PEOPLE = 300;
const VISITS = 4;

/** People who visit in turn; every third buys. */
const log = logOf([
  entry('model', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL }),
  ...Array.from({ length: VISITS }, (_, visit) =>
    Array.from({ length: PEOPLE }, (_, nth) => {
      const at = 1 + visit * 10 + nth / PEOPLE;
      const [address, browser] = [`email:p${nth}@company-${nth}.example`, `anonymous:b${nth}`] as const;
      const touch = pageView(
        `visit ${visit} of ${nth}`,
        at,
        visit % 2 === 0 ? [address, browser] : [browser],
      );
      if (nth % 3 > 0 || visit < VISITS - 1) return [touch];
      const contacts = nth % 2 === 0 ? { contacts: roles(`p${nth}@company-${nth}.example`) } : {};
      const opened = {
        amount: '100.00',
        accountId: `company-${nth}.example`,
        openedAt: day(at),
        ...contacts,
      };
      return [touch, ...opportunityEvents(`opp-${nth}`, opened, { status: 'won', closedAt: day(at + 1) })];
    }).flat(),
  ).flat(),
]);

test.each([60, 600])('Batches of %i find rows by index while tables have no statistics', async (size) => {
  const db = await testDatabase();
  const pool = new pg.Pool({ connectionString: db.url });
  await project(pool, log, size);
  await pool.end(); // statistics are complete when a session has ended
  const { rows } = await db.pool.query<{ name: string; read: number; live: number }>(
    `SELECT relname AS name, seq_tup_read::int AS read, n_live_tup::int AS live FROM pg_stat_user_tables
      WHERE schemaname LIKE 'touchline\\_%\\_1' ORDER BY seq_tup_read DESC`,
  );
  // Statistics are there; autovacuum, if it comes by, estimates.
  expect(rows.find(({ name }) => name === 'journey')?.live).toBeGreaterThan((PEOPLE * VISITS) / 2);
  // A batch that updates half of a table may read it once.
  expect(rows.filter(({ read, live }) => read > 3 * live)).toEqual([]);
  await db.drop();
});

test('a session whose plans were made for empty tables finds leads by index once they are full', async () => {
  const db = await testDatabase();
  const pool = new pg.Pool({ connectionString: db.url, max: 1 });
  const tx = await pool.connect();
  const leads = log.flatMap(({ type, data }) =>
    type === 'TouchpointRecorded'
      ? [{ workspace: 'main', leadId: leadIdOf('main', data.identity[0] ?? 'user:nobody') }]
      : [],
  );
  const some = leads.slice(0, 200);
  // After five executions the session keeps a plan.
  for (let times = 0; times < 8; times += 1) await loadLeads(tx, some);
  await project(db.pool, log);
  await tx.query(
    `INSERT INTO touchline_lifecycle_1.lead_lifecycle (workspace, lead_id, decided_id, status, cycle, last_cycle, since, event_id, known_from)
     SELECT workspace, lead_id, lead_id, 'qualified', 1, 1, now(), gen_random_uuid(), 1 FROM touchline.lead`,
  );
  expect(await loadLeads(tx, some)).toHaveLength(some.length);
  tx.release();
  await pool.end();
  const { rows } = await db.pool.query<{ name: string; read: number }>(
    `SELECT indexrelname AS name, idx_tup_read::int AS read FROM pg_stat_user_indexes WHERE relname = 'lead_lifecycle'`,
  );
  expect(rows.filter(({ read }) => read > 5 * some.length)).toEqual([]);
  await db.drop();
});
