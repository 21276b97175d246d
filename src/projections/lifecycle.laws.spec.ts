import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventsOf, happenings, KNOWN_KEYS, logged, type Happening } from '../../test/journeys.js';
import { project, rowsOf } from '../../test/project.js';
import { eventId } from '../domain/event-id.js';
import { type IdentityKey, leadIdOf } from '../domain/identity/keys.js';
import { replay } from '../domain/decider.js';
import { leadLifecycle, type LeadDecision, type LeadDecisionType } from '../domain/lead-lifecycle.js';
import { WEEKDAYS } from '../domain/model/lead-management.js';
import type { NewEvent, RecordedEvent } from '../domain/events.js';
import { journey } from './journey.js';
import { lifecycle } from './lifecycle.js';
import type { Projection } from '../subscriptions/subscription.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const at = new Date('2026-03-01T12:00:00Z');
const decided = (type: LeadDecisionType, key: IdentityKey, cycle: number, hours: number): LeadDecision =>
  ({
    type,
    occurredAt: new Date(+at + hours * 3_600_000),
    data: { leadId: leadIdOf('main', key), cycle, ...DATA[type] },
  }) as LeadDecision;

const key = fc.constantFrom(...KNOWN_KEYS);
const hours = fc.nat(100);
const decision = fc
  .record({
    type: fc.constantFrom<LeadDecisionType>(
      'LeadQualified',
      'LeadHandedOff',
      'LeadAccepted',
      'LeadRecycled',
      'LeadDisqualified',
    ),
    cycle: fc.integer({ min: 1, max: 3 }),
    ...{ key, hours },
  })
  .map((each) => decided(each.type, each.key, each.cycle, each.hours));

const DATA: Readonly<Record<LeadDecisionType, object>> = {
  LeadQualified: { modelVersion: 1, score: 40, grade: 'B', reasons: ['score 40 of 40'] },
  LeadHandedOff: {
    modelVersion: 1,
    recipient: { id: 'rep-7', kind: 'rep' },
    rule: 'all',
    dueBy: '2026-03-02T12:00:00.000Z',
    workSchedule: {
      timeZone: 'Europe/Berlin',
      hours: {
        id: 'office',
        week: Object.fromEntries(WEEKDAYS.map((day) => [day, [{ from: '06:00', to: '20:00' }]])),
      },
    },
  },
  LeadAccepted: { by: 'rep-7' },
  LeadRecycled: {
    reason: 'no budget',
    wakeAt: '2026-09-01T00:00:00.000Z',
    wakeWhen: { when: { kind: 'demo_request' } },
  },
  LeadDisqualified: { by: 'rep-7', reason: 'student' },
};

/** A hand-off with what may be its acceptance. */
const answered = fc
  .tuple(key, hours, hours, fc.nat(15), fc.nat(5))
  .map(([lead, from, to, place, later]) => [
    [decided('LeadHandedOff', lead, 1, from), place] as const,
    [decided('LeadAccepted', lead, 1, to), place + 1 + later] as const,
  ]);

/** Any history of people, with decisions strewn in. */
const logs = fc
  .tuple(happenings(20), fc.array(fc.tuple(decision, fc.nat(20)), { minLength: 1, maxLength: 10 }), answered)
  .map(([all, decisions, pair]) => logOf(all, [...decisions, ...pair]));

function logOf(
  all: readonly Happening[],
  decisions: readonly (readonly [LeadDecision, number])[],
): RecordedEvent[] {
  const events: NewEvent[] = [...eventsOf(all)];
  decisions.forEach(([each, place], nth) =>
    events.splice(place, 0, { id: eventId('main', 'test', `decision ${nth}`), schemaVersion: 1, ...each }),
  );
  return logged(events);
}

const deleteRows = (database: TestDatabase, { tables }: Projection) =>
  database.pool.query(tables.map((table) => `DELETE FROM touchline.${table}`).join('; '));

async function projected(log: readonly RecordedEvent[], size: number): Promise<string[][]> {
  await deleteRows(db, lifecycle);
  await project(db.pool, lifecycle, log, size);
  return Promise.all(lifecycle.tables.map((table) => rowsOf(db.pool, `touchline.${table}`)));
}

const runs = { numRuns: Number(process.env['LAW_RUNS'] ?? 15), endOnFailure: true };

test('versions of where leads stand do not depend on the batches, however leads are merged and split between decisions', async () => {
  await fc.assert(
    fc.asyncProperty(logs, fc.integer({ min: 2, max: 32 }), async (log, size) => {
      await deleteRows(db, journey);
      await project(db.pool, journey, log, 7);
      const one = await projected(log, 1);
      expect(await projected(log, size)).toEqual(one);
      expect(await projected(log, log.length)).toEqual(one);
    }),
    runs,
  );
}, 600_000);

interface Standing {
  readonly status: string | null;
  readonly cycle: number | null;
  readonly last_cycle: number | null;
  readonly decisions: readonly { readonly type: LeadDecisionType; readonly data: LeadDecision['data'] }[];
}

/** Every lead at every position with the decisions on all its keys, and what the read model says of it. */
const EVERY_LEAD = `
  SELECT lead.lead_id, row.status, row.cycle, row.last_cycle, lead.decisions
  FROM generate_series(1, $1::int) moment
  CROSS JOIN LATERAL (
    SELECT k.lead_id, coalesce(json_agg(json_build_object('type', d.type, 'data', d.data) ORDER BY d.position)
                               FILTER (WHERE d.type IS NOT NULL), '[]') AS decisions
    FROM touchline.identity_key k
    LEFT JOIN touchline.lead_decision d
      ON d.workspace = k.workspace AND d.lead_id = k.own_lead_id AND d.position <= moment
    WHERE k.known_from <= moment AND (k.superseded_at IS NULL OR k.superseded_at > moment)
    GROUP BY k.lead_id
  ) lead
  LEFT JOIN touchline.lead_lifecycle row
    ON row.lead_id = lead.lead_id AND row.known_from <= moment AND (row.superseded_at IS NULL OR row.superseded_at > moment)`;

test('as of any position a lead stands where the decisions on all its keys, in the order of the log, have brought it', async () => {
  await fc.assert(
    fc.asyncProperty(logs, async (log) => {
      await deleteRows(db, journey);
      await project(db.pool, journey, log, 7);
      await projected(log, 5);
      const { rows } = await db.pool.query<Standing>(EVERY_LEAD, [log.length]);
      for (const { decisions, status, cycle, last_cycle: lastCycle } of rows) {
        const events = decisions.map((each) => ({ ...each, occurredAt: at }) as LeadDecision);
        const wanted = replay(leadLifecycle, events);
        expect({ status: status ?? 'none', cycle: cycle ?? 0, lastCycle: lastCycle ?? 0 }).toEqual({
          status: wanted.status,
          cycle: wanted.cycle,
          lastCycle: wanted.lastCycle,
        });
      }
    }),
    runs,
  );
}, 600_000);

/** The hand-off that the acceptance ended, which was the earliest of those on any key of the lead, and of several the first. */
const MINUTES_TO_ACCEPT = `
  SELECT l.business_minutes_to_accept AS kept,
         (SELECT touchline.working_minutes((h.data -> 'workSchedule')::jsonb, h.occurred_at, a.occurred_at)::float8
          FROM touchline.lead_decision a
          JOIN touchline.lead_decision h ON h.lead_id = a.lead_id AND h.type = 'LeadHandedOff' AND h.position < a.position
          WHERE a.type = 'LeadAccepted' AND a.position <= l.known_from
            AND a.lead_id IN (SELECT k.own_lead_id FROM touchline.identity_key k WHERE k.lead_id = l.lead_id
                              AND k.known_from <= l.known_from AND (k.superseded_at IS NULL OR k.superseded_at > l.known_from))
            AND a.position = (SELECT b.position FROM touchline.lead_decision b
                              WHERE b.type = 'LeadAccepted' AND b.position <= l.known_from
                                AND b.lead_id IN (SELECT k.own_lead_id FROM touchline.identity_key k WHERE k.lead_id = l.lead_id
                                                  AND k.known_from <= l.known_from AND (k.superseded_at IS NULL OR k.superseded_at > l.known_from))
                              ORDER BY b.occurred_at, b.position LIMIT 1)
          ORDER BY h.position DESC LIMIT 1) AS wanted
  FROM touchline.lead_lifecycle l`;

test('every version keeps the business minutes from the hand-off to the first acceptance, as the database counts them', async () => {
  const seen = new Set<number | null>();
  await fc.assert(
    fc.asyncProperty(logs, async (log) => {
      await deleteRows(db, journey);
      await project(db.pool, journey, log, 7);
      await projected(log, 5);
      const { rows } = await db.pool.query<{ kept: number | null; wanted: number | null }>(MINUTES_TO_ACCEPT);
      for (const { kept, wanted } of rows) {
        expect(kept).toBe(wanted);
        seen.add(kept);
      }
    }),
    runs,
  );
  expect([...seen].some((minutes) => minutes !== null && minutes > 0)).toBe(true);
}, 600_000);
