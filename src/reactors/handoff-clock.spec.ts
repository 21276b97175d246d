import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { opportunityEvents } from '../../test/sample-events.js';
import { until } from '../../test/until.js';
import { eventId } from '../domain/event-id.js';
import type { EventData, EventType, NewEvent, RecordedEvent } from '../domain/events.js';
import { HANDOFF_CLOCK_FACTS } from '../domain/handoff-events.js';
import { identityKey, leadIdOf } from '../domain/identity/keys.js';
import { leadStream } from '../domain/lead-events.js';
import type { Touchpoint, TouchpointKind } from '../domain/touchpoint.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { journey } from '../projections/journey.js';
import { lifecycle } from '../projections/lifecycle.js';
import { opportunities } from '../projections/opportunities.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { HandoffClock } from './handoff-clock.js';
import { watchHandoffs } from './watch-handoffs.js';

const SOON = 20_000;
const ADA = identityKey('email', 'ada@acme.example');
const LEAD = leadIdOf('main', ADA);

let db: TestDatabase;
let store: PostgresEventStore;
let runner: SubscriptionRunner;
let clocks: HandoffClock[];
let made = 0;
beforeEach(async () => {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
  runner = new SubscriptionRunner({
    pool: db.pool,
    store,
    subscriptions: [journey, opportunities, lifecycle, watchHandoffs],
  });
  clocks = [];
});
afterEach(async () => {
  await Promise.all(clocks.map((clock) => clock.stop()));
  await store.close();
  await db.drop();
});

const start = (): void => {
  const clock = new HandoffClock({ pool: db.pool, store, log: { warn: () => undefined }, tickMs: 20 });
  clocks.push(clock);
  clock.start();
};
const event = <T extends EventType>(type: T, data: EventData[T], occurredAt = new Date()): NewEvent =>
  ({
    id: eventId('main', 'test', String((made += 1))),
    type,
    schemaVersion: 1,
    occurredAt,
    data,
  }) as unknown as NewEvent;

const ago = (ms: number): Date => new Date(Date.now() - ms);
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

async function touch(kind: TouchpointKind, occurredAt: Date, more: Partial<Touchpoint> = {}): Promise<void> {
  const fact = event(
    'TouchpointRecorded',
    { kind, channel: 'sales', identity: [ADA], verdict: 'human', ...more },
    occurredAt,
  );
  await store.record([{ workspace: 'main', stream: 'touchpoints-ada', event: fact }]);
}
let version = 0;
beforeEach(() => {
  version = 0;
});
async function decide<T extends 'LeadHandedOff' | 'LeadAccepted' | 'LeadRecycled' | 'LeadDisqualified'>(
  type: T,
  data: Omit<EventData[T], 'leadId' | 'cycle'>,
  occurredAt?: Date,
): Promise<string> {
  const decision = event(type, { leadId: LEAD, cycle: 1, ...data } as EventData[T], occurredAt);
  const [result] = await store.append([
    { workspace: 'main', stream: leadStream(LEAD), expected: { exact: version }, events: [decision] },
  ]);
  expect(result?.status).toBe('appended');
  version += 1;
  return decision.id;
}
/** Handed off an hour ago, to be warned of and due in so many ms. */
const handOff = (warnMs: number, dueMs: number): Promise<string> =>
  decide(
    'LeadHandedOff',
    {
      ...{ modelVersion: 3, recipient: { id: 'rep-7', kind: 'rep' }, rule: 'emea' },
      ...{ dueBy: inMs(dueMs), warnAt: inMs(warnMs) },
    },
    ago(3_600_000),
  );
const facts = async (): Promise<readonly RecordedEvent[]> =>
  (await store.readPage(0n, 1_000, HANDOFF_CLOCK_FACTS)).events;
const keepUp = async (): Promise<void> => {
  await touch('page_view', ago(7_200_000));
  await runner.catchUp();
};
const undecided = async (): Promise<number> =>
  (await db.pool.query('SELECT FROM touchline.handoff_deadline')).rowCount ?? 0;
/** Every deadline has passed and was judged. */
const judged = (): Promise<boolean> =>
  until(async () => {
    await runner.catchUp();
    return (await undecided()) === 0;
  }, SOON);

test('a hand-off that nobody works on is warned of and rots, each at its time, once, whoever watches', async () => {
  // On a busy machine the read models take a second or two, and a warning that comes too late is left out.
  const handOffId = await handOff(2_500, 5_000);
  await keepUp();
  start();
  start();
  expect(await until(async () => (await facts()).length > 0, SOON)).toBe(true);
  expect(await judged()).toBe(true);
  const [warned, rotten, ...more] = await facts();
  expect([warned?.type, rotten?.type, more]).toEqual(['LeadAboutToRot', 'LeadRotten', []]);
  expect(rotten).toMatchObject({ stream: `handoff-${LEAD}`, causationId: handOffId });
  expect(rotten?.data).toEqual({
    ...{ leadId: LEAD, cycle: 1, handOffId, recipient: { id: 'rep-7', kind: 'rep' } },
    dueBy: rotten?.occurredAt.toISOString(),
  });
});

test.each(['sales_call', 'sales_email', 'meeting'] as const)(
  'a %s after the hand-off stops the clock',
  async (kind) => {
    await handOff(-1_000, 200);
    await touch(kind, ago(1_000));
    await keepUp();
    start();
    expect(await judged()).toBe(true);
    expect(await facts()).toEqual([]);
  },
);

test.each([
  ['a call before the hand-off', () => touch('sales_call', ago(7_200_000))],
  ['a page view', () => touch('page_view', ago(1_000))],
  [
    'a call with another lead',
    () => touch('sales_call', ago(1_000), { identity: [identityKey('email', 'bob@acme.example')] }),
  ],
  ['a call by a machine', () => touch('sales_call', ago(1_000), { verdict: 'internal' })],
  [
    'a meeting that is moved to before the hand-off',
    async () => {
      await touch('meeting', ago(1_000), { revises: { id: 'a-1', at: inMs(-2_000) } });
      await touch('meeting', ago(7_200_000), { revises: { id: 'a-1', at: inMs(-1_000) } });
    },
  ],
  ['accepting it', () => decide('LeadAccepted', { by: 'rep-7' })],
])('%s does not stop the clock', async (_, happens) => {
  await handOff(-500, 100);
  await happens();
  await keepUp();
  start();
  expect(await judged()).toBe(true);
  expect((await facts()).map(({ type }) => type)).toContain('LeadRotten');
});

test.each([
  ['recycling', () => decide('LeadRecycled', { reason: 'no budget' })],
  ['disqualifying', () => decide('LeadDisqualified', { reason: 'competitor' })],
])('%s the lead stops the clock', async (_, happens) => {
  await handOff(-1_000, 100);
  await happens();
  await keepUp();
  start();
  await sleep(300);
  expect([await facts(), await undecided()]).toEqual([[], 0]);
});

test('a lead that has opted out of mail does not rot', async () => {
  await handOff(-1_000, 100);
  const consent = {
    identity: [ADA],
    channel: 'email',
    status: 'unsubscribed',
    reason: 'unsubscribe',
  } as const;
  const fact = event('ConsentChanged', consent);
  await store.record([{ workspace: 'main', stream: 'identity-ada', event: fact }]);
  await keepUp();
  start();
  expect(await judged()).toBe(true);
  expect(await facts()).toEqual([]);
});

test('a lead that became a contact of an opportunity does not rot, one of an earlier opportunity does', async () => {
  const opened = (id: string, at: Date) =>
    opportunityEvents(id, {
      amount: '1.00',
      openedAt: at,
      now: new Date(),
      contacts: [{ keys: [ADA], role: 'user' }],
    }).map(({ stream, event: each }) => ({ workspace: 'main', stream, event: each }));
  await store.record(opened('o-before', ago(7_200_000)));
  await handOff(-1_000, -500);
  await keepUp();
  start();
  expect(await judged()).toBe(true);
  expect((await facts()).map(({ type }) => type)).toEqual(['LeadRotten']);
  await handOff(-1_000, -500);
  await store.record(opened('o-after', ago(1_000)));
  await keepUp();
  expect(await judged()).toBe(true);
  expect(await facts()).toHaveLength(1);
});

test('a lead that is handed off again has the clock of the later hand-off', async () => {
  await handOff(-1_000, 100);
  const again = await handOff(-1_000, 400);
  await keepUp();
  start();
  expect(await judged()).toBe(true);
  expect(new Set((await facts()).map(({ causationId }) => causationId))).toEqual(new Set([again]));
});

test('a call with the lead under another of its keys stops the clock, as after a merge', async () => {
  const user = identityKey('user', 'u-1');
  await touch('page_view', ago(8_000_000), { identity: [user] });
  await handOff(-1_000, 200);
  const claim = event('IdentityClaimed', { identity: [user, ADA] });
  await store.record([{ workspace: 'main', stream: 'identity-ada', event: claim }]);
  await touch('sales_call', ago(1_000), { identity: [user] });
  await keepUp();
  start();
  expect(await judged()).toBe(true);
  expect(await facts()).toEqual([]);
});

test('a deadline is judged when the read models know what was recorded until then', async () => {
  await handOff(-1_000, 100);
  await keepUp();
  await touch('sales_call', ago(1_000));
  await sleep(200);
  start();
  await sleep(400);
  expect([await facts(), await undecided()]).toEqual([[], 2]);
  await runner.catchUp();
  expect(await judged()).toBe(true);
  expect(await facts()).toEqual([]);
});

test('a warning that comes too late is left out', async () => {
  await handOff(-2_000, -1_000);
  await keepUp();
  start();
  expect(await judged()).toBe(true);
  expect((await facts()).map(({ type }) => type)).toEqual(['LeadRotten']);
});
