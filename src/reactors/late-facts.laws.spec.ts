import { afterEach, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { LeadLog, READY_MODEL } from '../../test/qualified-leads.js';
import type { RecordedEvent } from '../domain/events.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import { LEAD_DECISIONS } from '../domain/lead-events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { projections } from '../projections/all.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { followSegments } from './follow-segments.js';
import { handOffLeads } from './hand-off-leads.js';
import { qualifyLeads } from './qualify-leads.js';

Logger.overrideLogger(false);

/** Law 5 beside decisions: what is derived follows from the facts alone, and what was decided on the way stays. */

const RUNS = Number(process.env['FC_RUNS'] ?? 4);
const KEYS = ['email:ada@acme.example.com', 'user:u-1', 'anonymous:a-1'] as const satisfies IdentityKey[];
const MODEL: JourneyModel = {
  ...READY_MODEL,
  segments: [
    { id: 'buyers', name: 'Buyers', when: { persona: 'buyer' } },
    { id: 'active', name: 'Active', when: { did: [{ when: {}, atLeast: 3 }] } },
    { id: 'ready', name: 'Ready', when: { stage: 'buy' } },
  ],
  routing: { recipients: [{ id: 'rep-7', name: 'Rep', kind: 'rep', capacity: 1 }] },
};

/** No two at one instant: ids decide between these, and ids follow the order of arrival here. */
const visits = fc.uniqueArray(
  fc.record({
    who: fc.subarray([...KEYS], { minLength: 1, maxLength: 2 }),
    kind: fc.constantFrom('page_view', 'demo_request', 'form_fill'),
    hoursAgo: fc.integer({ min: 1, max: 200 }),
    title: fc.constantFrom('CFO', 'CTO', undefined),
  }),
  { minLength: 3, maxLength: 10, selector: ({ hoursAgo }) => hoursAgo },
);
const arrivals = visits.chain((all) => {
  const shuffled = fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  return fc.tuple(fc.constant(all), shuffled, fc.integer({ min: 1, max: 4 }));
});
type Visits = typeof visits extends fc.Arbitrary<infer V> ? V : never;

class World {
  readonly store: PostgresEventStore;
  readonly log: LeadLog;
  readonly runner: SubscriptionRunner;

  private constructor(readonly db: TestDatabase) {
    this.store = new PostgresEventStore(db.pool);
    this.log = new LeadLog(this.store);
    const subscriptions = [
      ...projections,
      qualifyLeads(),
      handOffLeads({ reviewEveryMs: 0 }),
      followSegments(),
    ];
    this.runner = new SubscriptionRunner({ pool: db.pool, store: this.store, subscriptions });
  }

  static async open(): Promise<World> {
    const world = new World(await testDatabase());
    await world.log.publish(MODEL);
    await world.rest();
    return world;
  }

  /** Reactors append to the log that they follow: at rest is who has reached a head that stays. */
  async rest(): Promise<void> {
    for (let head = -1n; head !== (await this.store.head());) {
      head = await this.store.head();
      await this.runner.catchUp();
    }
  }

  /** Facts arrive so many at a time, and reactors decide in between. */
  async receive(all: Visits, base: number, atOnce: number): Promise<void> {
    for (const [nth, { who, kind, hoursAgo, title }] of all.entries()) {
      const at = hoursAgo + (Date.now() - base) / 3_600_000;
      await this.log.touch(who, kind, { hoursAgo: at, ...(title !== undefined && { traits: { title } }) });
      if (nth % atOnce !== 0) continue;
      const before = await this.decisions();
      await this.rest();
      expect((await this.decisions()).slice(0, before.length)).toEqual(before);
    }
    await this.rest();
  }

  async decisions(): Promise<readonly RecordedEvent[]> {
    return (await this.store.readPage(0n, 1_000, LEAD_DECISIONS)).events;
  }

  async derived(): Promise<unknown[]> {
    const { rows } = await this.db.pool.query(
      `SELECT lead_id, persona, stage, grade, touchpoints,
         (SELECT array_agg(rule || ' ' || points ORDER BY rule, points) FROM touchline.score_change s
          WHERE s.workspace = l.workspace AND s.lead_id = l.lead_id AND s.superseded_at IS NULL) AS ledger,
         (SELECT array_agg(segment_id ORDER BY segment_id) FROM touchline.segment_membership m
          WHERE m.workspace = l.workspace AND m.lead_id = l.lead_id AND m.superseded_at IS NULL) AS segments
       FROM touchline.lead l ORDER BY lead_id`,
    );
    return rows;
  }

  async standing(): Promise<unknown[]> {
    const { rows } = await this.db.pool.query(
      'SELECT lead_id, lifecycle FROM touchline.lifecycle_at() ORDER BY lead_id',
    );
    return rows;
  }

  async close(): Promise<void> {
    await this.runner.stop();
    await this.store.close();
    await this.db.drop();
  }
}

const worlds: World[] = [];
const open = async (): Promise<World> => {
  const world = await World.open();
  worlds.push(world);
  return world;
};
const closeAll = async (): Promise<void> => {
  await Promise.all(worlds.splice(0).map((each) => each.close()));
};
afterEach(closeAll);

test('in whichever order facts arrive leads are worth the same, and decisions stay, also when all is rebuilt', async () => {
  let decided = 0;
  const property = fc.asyncProperty(arrivals, async ([inOrder, shuffled, atOnce]) => {
    const base = Date.now();
    const [one, other] = [await open(), await open()];
    await one.receive(inOrder, base, inOrder.length);
    await other.receive(shuffled, base, atOnce);
    expect(await other.derived()).toEqual(await one.derived());

    const [decisions, standing] = [await other.decisions(), await other.standing()];
    decided += decisions.length;
    other.runner.start();
    await other.runner.rebuild('journey');
    await other.runner.rebuild('lifecycle');
    await other.rest();
    expect([await other.decisions(), await other.standing()]).toEqual([decisions, standing]);
    await closeAll();
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  expect(decided).toBeGreaterThan(0);
}, 300_000);
