import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journey-models.js';
import { LeadLog } from '../../test/qualified-leads.js';
import { addEndpoint } from '../../test/webhooks.js';
import { until } from '../../test/until.js';
import { leadIdOf, type IdentityKey } from '../domain/identity/keys.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { Segment } from '../domain/model/lead-management.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { projections } from '../projections/all.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { withTransaction } from '../database/client.js';
import { currentModels } from '../read-models/model-versions.js';
import { changedLeads } from './follow-segments/leads.js';
import { followSegments } from './follow-segments.js';

Logger.overrideLogger(false);

const ada: IdentityKey = 'email:ada@acme.example.com';
const bob: IdentityKey = 'email:bob@acme.example.com';
const leadOf = (key: IdentityKey): string => leadIdOf('main', key);
const CFO = { traits: { title: 'CFO' } };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SOON = 15_000;
const segment = (id: string, when: Segment['when']): Segment => ({ id, name: id, when });
const modelWith = (...segments: Segment[]): JourneyModel => ({ ...TEST_MODEL, segments });
const buyers = segment('buyers', { persona: 'buyer' });
const active = segment('active', { did: [{ when: { kind: 'page_view' }, withinDays: 7 }] });
const quiet = segment('quiet', { didNot: [{ when: {}, withinDays: 7 }] });
const warm = segment('warm', { score: { atLeast: 20 } });

let db: TestDatabase;
let store: PostgresEventStore;
let log: LeadLog;
let runner: SubscriptionRunner;
let clock: Date;

async function open(): Promise<void> {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
  log = new LeadLog(store);
  clock = new Date();
  const subscriptions = [...projections, followSegments(() => clock)];
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions });
}
async function close(): Promise<void> {
  await runner.stop();
  await store.close();
  await db.drop();
}
beforeEach(open);
afterEach(close);

async function publish(...segments: Segment[]): Promise<void> {
  await log.publish(modelWith(...segments));
  await runner.catchUp();
}

interface Stay {
  readonly segment: string;
  readonly lead: string;
  readonly entered: Date;
  readonly left: Date | null;
  readonly from: number;
  readonly to: number | null;
}
async function history(): Promise<Stay[]> {
  const { rows } = await db.pool.query<Stay>(
    `SELECT segment_id AS segment, lead_id AS lead, entered_at AS entered, left_at AS left, known_from::int AS from, superseded_at::int AS to
     FROM touchline.segment_membership ORDER BY known_from, entered_at, segment_id, lead_id`,
  );
  return rows;
}
const membersNow = async (): Promise<string[]> =>
  (await history())
    .filter(({ to }) => to === null)
    .map((stay) => `${stay.segment} ${stay.lead}`)
    .sort();
const membersOf = (...stays: (readonly [string, IdentityKey])[]): string[] =>
  stays.map(([id, key]) => `${id} ${leadOf(key)}`).sort();

/** Runs while nothing happens in the log, until a condition holds. */
async function idleUntil(isDone: () => Promise<boolean>): Promise<void> {
  runner.start();
  expect(await until(isDone, SOON)).toBe(true);
}

describe('a lead', () => {
  test('enters and leaves segments by what becomes known of it, and the positions are kept', async () => {
    await publish(buyers, active);
    await log.touch([ada], 'page_view', CFO);
    await runner.catchUp();
    expect(await membersNow()).toEqual(membersOf(['buyers', ada], ['active', ada]));

    await log.touch([ada], 'email_open', { traits: { title: 'gardener' } });
    await runner.catchUp();
    expect(await membersNow()).toEqual(membersOf(['active', ada]));
    expect(await history()).toMatchObject([
      { segment: 'active', from: 2, to: null, left: null },
      { segment: 'buyers', from: 2, to: 3, left: (await store.readAt(3n))?.recordedAt },
    ]);
  });

  test('enters a segment by its lifecycle', async () => {
    await publish(segment('ready', { lifecycle: 'qualified' }));
    await log.touch([ada], 'page_view', CFO);
    await runner.catchUp();
    expect(await membersNow()).toEqual([]);
    const data = {
      leadId: leadOf(ada),
      cycle: 1,
      modelVersion: 1,
      score: 1,
      grade: 'A',
      reasons: [],
    } as const;
    await log.decide('LeadQualified', data);
    await runner.catchUp();
    expect(await membersNow()).toEqual(membersOf(['ready', ada]));
  });

  test('that is merged into another one leaves its segments', async () => {
    await publish(active);
    await log.touch(['anonymous:a-1'], 'page_view');
    await runner.catchUp();
    expect(await membersNow()).toEqual(membersOf(['active', 'anonymous:a-1']));
    await log.touch(['anonymous:a-1', ada], 'form_fill');
    await runner.catchUp();
    expect(await membersNow()).toEqual(membersOf(['active', ada]));
  });
});

describe('with time alone', () => {
  test('a lead leaves and enters segments when a window of days has passed, at that instant', async () => {
    await publish(active, quiet);
    await log.touch([ada], 'page_view', { hoursAgo: 24 });
    await runner.catchUp();
    expect(await membersNow()).toEqual(membersOf(['active', ada]));
    const visited = (await store.readAt(2n))?.occurredAt ?? new Date(0);
    const passed = new Date(+visited + 7 * DAY + 1);

    clock = new Date(+passed + 3 * DAY);
    await idleUntil(async () => (await membersNow())[0]?.startsWith('quiet') ?? false);
    expect(await history()).toMatchObject([
      // Known from the next event on: what was answered of position 2 stays true.
      { segment: 'active', from: 2, to: 3, left: passed },
      { segment: 'quiet', from: 3, to: null, entered: passed },
    ]);
  });

  test('a lead leaves a segment when its score has decayed to the limit', async () => {
    await publish(warm);
    await log.touch([ada], 'demo_request', CFO);
    await runner.catchUp();
    expect(await membersNow()).toEqual(membersOf(['warm', ada]));
    clock = new Date(Date.now() + 400 * DAY);
    await idleUntil(async () => (await membersNow()).length === 0);
    const scoredAt = +((await store.readAt(2n))?.occurredAt ?? 0);
    const reached = TEST_MODEL.scoring.halfLifeDays * DAY * Math.log2(30 / 20);
    const [stay] = await history();
    expect(Math.abs(+(stay?.left ?? 0) - (scoredAt + reached))).toBeLessThan(3);
  });
});

describe('publishing a journey model', () => {
  test('has leads enter new segments and leave those that are gone, without an event of theirs', async () => {
    await publish(buyers);
    await log.touch([ada], 'page_view', CFO);
    await log.touch([bob], 'page_view');
    await publish(active);
    expect(await membersNow()).toEqual(membersOf(['active', ada], ['active', bob]));
    await publish();
    expect(await membersNow()).toEqual([]);
  });

  test('leaves leads where they are when it changes no segment', async () => {
    await publish(buyers);
    await log.touch([ada], 'page_view', CFO);
    await runner.catchUp();
    const before = await history();
    await publish(buyers);
    expect(await history()).toEqual(before);
  });
});

test('leads are looked at when their touchpoints are of a kind that segments name', async () => {
  await publish(active);
  await log.touch([ada], 'page_view');
  await log.touch([bob], 'form_fill');
  await runner.catchUp();
  await log.touch([ada], 'email_open');
  await log.touch([bob], 'page_view');
  await runner.catchUp();
  const changed = (after: bigint, upTo: bigint): Promise<unknown> =>
    withTransaction(db.pool, async (tx) => changedLeads(tx, await currentModels(tx), { after, upTo }));
  expect(await changed(3n, 4n)).toEqual([]);
  expect(await changed(3n, 5n)).toEqual([{ workspace: 'main', leadId: leadOf(bob) }]);
  expect(await changed(1n, 3n)).toHaveLength(2);
  await publish(active, warm);
  expect(await changed(3n, 5n)).toHaveLength(2);
});

test('leads that were there before segments were followed are assessed', async () => {
  await runner.stop();
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections });
  await log.publish(modelWith(buyers));
  await log.touch([ada], 'page_view', CFO);
  await runner.catchUp();
  await runner.stop();
  const subscriptions = [...projections, followSegments(() => clock)];
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions });
  await idleUntil(async () => (await membersNow()).length === 1);
  expect(await membersNow()).toEqual(membersOf(['buyers', ada]));
});

test('members are the same after the read models were rebuilt', async () => {
  await publish(buyers, active, warm);
  await log.touch([ada], 'demo_request', CFO);
  await log.touch([bob], 'page_view');
  await runner.catchUp();
  const before = await history();
  runner.start();
  await runner.rebuild('journey');
  const isEvaluated = async (): Promise<boolean> => {
    const { rows } = await db.pool.query(
      `SELECT FROM touchline.segment_evaluation e WHERE evaluated_to = 'ffffffff-ffff-ffff-ffff-ffffffffffff' AND builds NOT LIKE '%journey 1%'`,
    );
    return rows.length === 1;
  };
  expect(await until(isEvaluated, SOON)).toBe(true);
  expect(await history()).toEqual(before);
}, 60_000);

test('messages of who entered and left are queued for webhooks, once', async () => {
  await addEndpoint(db.pool, 'https://crm.example.com/');
  await publish(buyers);
  await log.touch([ada], 'page_view', CFO);
  await runner.catchUp();
  await log.touch([ada], 'page_view', { traits: { title: 'gardener' } });
  await runner.catchUp();
  const { rows } = await db.pool.query<{ type: string; body: string }>(
    'SELECT type, body FROM touchline.webhook_delivery ORDER BY id',
  );
  expect(rows.map(({ type }) => type)).toEqual(['segment.entered', 'segment.left']);
  expect(JSON.parse(rows[0]?.body ?? '')).toMatchObject({
    type: 'segment.entered',
    data: { leadId: leadOf(ada), segment: 'buyers', modelVersion: 1, position: '2' },
  });
});

test('members at an instant do not depend on the order in which events arrived, nor on batches', async () => {
  const visit = fc.record({
    who: fc.constantFrom(ada, bob, 'anonymous:a-1' as IdentityKey),
    kind: fc.constantFrom('page_view' as const, 'demo_request' as const, 'form_fill' as const),
    hoursAgo: fc.integer({ min: 1, max: 24 * 20 }),
    title: fc.constantFrom('CFO', undefined),
    joins: fc.boolean(),
  });
  const ofAllKinds = [quiet, warm, segment('twice', { did: [{ when: {}, atLeast: 2, withinDays: 10 }] })];
  const unfilled = segment('unfilled', { didNot: [{ when: { kind: 'form_fill' } }] });
  const base = new Date();
  const outcome = async (
    visits: readonly (typeof visit extends fc.Arbitrary<infer V> ? V : never)[],
    { batch, segments }: { batch: number; segments: readonly Segment[] },
  ) => {
    await close();
    await open();
    await log.publish(modelWith(...segments));
    for (const [nr, { who, kind, hoursAgo, title, joins }] of visits.entries()) {
      const keys = joins && who.startsWith('anonymous') ? [who, ada] : [who];
      const at = hoursAgo + (Date.now() - +base) / HOUR;
      await log.touch(keys, kind, { hoursAgo: at, ...(title && { traits: { title } }) });
      if (nr % batch === 0) await runner.catchUp();
    }
    await runner.catchUp();
    const members = await membersNow();
    // Assesses all leads, whatever changed.
    await publish(...segments);
    expect(await membersNow()).toEqual(members);
    clock = new Date(+base + 5 * DAY);
    runner.start();
    const isQuiet = async (): Promise<boolean> => {
      const { rows } = await db.pool.query(
        `SELECT FROM touchline.segment_due WHERE due_at <= $1 UNION ALL
         SELECT FROM touchline.segment_evaluation WHERE evaluated_to <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'`,
        [clock],
      );
      return rows.length === 0;
    };
    expect(await until(isQuiet, SOON)).toBe(true);
    return membersNow();
  };
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(visit, { minLength: 2, maxLength: 8 })
        .chain((visits) =>
          fc.tuple(
            fc.constantFrom([buyers, active, unfilled], [buyers, active, ...ofAllKinds]),
            fc.constant(visits),
            fc.shuffledSubarray(visits, { minLength: visits.length, maxLength: visits.length }),
          ),
        ),
      async ([segments, visits, shuffled]) => {
        const apart = await outcome(shuffled, { batch: 1, segments });
        expect(apart).toEqual(await outcome(visits, { batch: 100, segments }));
      },
    ),
    { numRuns: 5 },
  );
}, 180_000);
