import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { emailOf, leadOf, SalesLog, WORKSPACE } from '../../test/hand-offs.js';
import { queryApi, type QueryApi } from '../../test/query-api.js';
import { withTransaction } from '../database/client.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { handOffLeads } from '../reactors/hand-off-leads.js';
import { openLeads } from '../read-models/open-leads.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { HandOffsAnswer } from './hand-offs.js';
import type { UnroutableLeadsAnswer } from './unroutable-leads.js';

/** 18:30 in Berlin. */
const FRIDAY_EVENING = new Date('2026-03-06T17:30:00Z');
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'];
const HOURS = { from: '09:00', to: '17:00' };

let db: TestDatabase;
let log: SalesLog;
let runner: SubscriptionRunner;
let api: QueryApi;
let clock = FRIDAY_EVENING;

beforeAll(async () => {
  db = await testDatabase();
  log = new SalesLog(new MemoryEventStore(() => clock));
  const reactor = handOffLeads({ now: () => FRIDAY_EVENING, reviewEveryMs: 0 });
  runner = new SubscriptionRunner({
    pool: db.pool,
    store: log.store,
    subscriptions: [...projections, reactor],
  });
  await runner.register();
  api = await queryApi({ pool: db.pool, store: log.store, freshness: new Freshness(db.pool, runner.moved) });
  await log.publish({
    businessHours: [{ id: 'office', week: Object.fromEntries(WEEKDAYS.map((day) => [day, [HOURS]])) }],
    serviceLevels: [{ name: 'all', dueWithinHours: 4, warnHoursBefore: 1, businessHours: 'office' }],
    routing: {
      recipients: [
        { id: 'ada', name: 'Ada', kind: 'rep', timeZone: 'Europe/Berlin', capacity: 1 },
        { id: 'bob', name: 'Bob', kind: 'partner', timeZone: 'America/New_York', capacity: 1 },
      ],
    },
  });
  for (const name of ['ann', 'ben', 'cid']) await log.person(name, { title: 'CTO' }, 'acme');
  await log.touchpoint('ann', 'content_download', new Date('2026-03-05T10:00:00Z'), {
    content: { id: 'guide' },
  });
  await log.qualify('ann', 'ben', 'cid');
  await settle();
});
afterAll(async () => {
  await api?.close();
  await runner?.stop();
  await db?.drop();
});

async function settle(): Promise<void> {
  for (let before = -1n; before !== (await log.store.head());) {
    before = await log.store.head();
    await runner.catchUp();
  }
}
const handOffs = async (query = ''): Promise<HandOffsAnswer> => {
  const { status, body } = await api.get<HandOffsAnswer>(`/api/handoffs?${query}`);
  expect(status).toBe(200);
  return body as unknown as HandOffsAnswer;
};
const clockAt = async (at: string, rep = 'ada'): Promise<string | undefined> =>
  (await handOffs(`rep=${rep}&at=${at}`)).items[0]?.clock;

describe('the queue of a recipient', () => {
  test('has each open lead with what sales want to know, first due first', async () => {
    const { items } = await handOffs();
    expect(items.map(({ recipient, dueBy }) => [recipient.id, dueBy])).toEqual([
      ['bob', '2026-03-06T21:30:00.000Z'],
      ['ada', '2026-03-09T12:00:00.000Z'],
    ]);
    const { items: mine } = await handOffs('rep=ada');
    expect(mine).toHaveLength(1);
    expect(mine[0]?.recipient).toEqual({ id: 'ada', name: 'Ada', kind: 'rep' });
    expect(mine[0]).toMatchObject({
      ...{ state: 'handed_off', rule: 'all recipients', cycle: 1, modelVersion: 1, assignedBy: null },
      ...{ warnAt: '2026-03-09T11:00:00.000Z', firstActivity: null, acceptedAt: null, endedAt: null },
      lead: {
        ...{
          leadId: leadOf('ann'),
          email: 'ann@ann.example',
          title: 'CTO',
          accountId: 'acme',
          persona: 'engineer',
        },
        lastTouchpoints: [
          { kind: 'content_download', contentId: 'guide', occurredAt: '2026-03-05T10:00:00.000Z' },
        ],
        contents: [{ contentId: 'guide', times: 1 }],
        account: { accountId: 'acme', leads: 3, touchpoints: 1, openOpportunities: [] },
      },
    });
  });

  test('has pages as of one position', async () => {
    const first = await handOffs('limit=1');
    const second = await handOffs(`limit=1&cursor=${first.next}`);
    expect([...first.items, ...second.items]).toEqual((await handOffs()).items);
    expect(second.next).toBeNull();
  });

  test.each(['state=lost', 'clock=late', 'at=yesterday', 'at=2026-03-06', 'limit=0', 'owner=ada'])(
    'refuses the parameter %s',
    async (query) => expect((await api.get(`/api/handoffs?${query}`)).status).toBe(400),
  );
});

test('a lead that nobody can take is in the queue that everybody sees, with the reason', async () => {
  const { status, body } = await api.get<UnroutableLeadsAnswer>('/api/handoffs/unroutable');
  expect(status).toBe(200);
  expect(body.items).toMatchObject([
    {
      reason: 'nobody-free',
      busy: [
        { recipient: 'ada', obstacle: 'at-capacity' },
        { recipient: 'bob', obstacle: 'at-capacity' },
      ],
      lead: { leadId: leadOf('cid') },
    },
  ]);
});

test('a lead that is handed off on Friday evening rots on Monday, unless sales act before', async () => {
  expect(await clockAt('2026-03-08T23:00:00Z')).toBe('running');
  expect(await clockAt('2026-03-09T11:00:00Z')).toBe('warning');
  expect(await clockAt('2026-03-09T12:00:00Z')).toBe('rotten');
  const before = (await handOffs()).asOf;
  clock = new Date('2026-03-10T00:00:00Z');
  // Calls before the hand-off and mails that marketing sends do not count; a call of any colleague does.
  await log.touchpoint('ann', 'sales_call', new Date('2026-03-06T09:00:00Z'), { rep: 'ada' });
  await log.touchpoint('ann', 'email_open', new Date('2026-03-09T08:30:00Z'));
  await log.touchpoint('ann', 'meeting', new Date('2026-03-09T09:00:00Z'), { rep: 'eva' });
  await settle();
  expect(await clockAt('2026-03-09T12:00:00Z')).toBe('stopped');
  expect(await clockAt('2026-03-09T08:59:00Z')).toBe('running');
  const { items } = await handOffs('rep=ada');
  expect(items[0]?.firstActivity).toEqual({ at: '2026-03-09T09:00:00.000Z', kind: 'meeting', rep: 'eva' });
  const { items: earlier } = await handOffs(`rep=ada&asOf=${before}&at=2026-03-09T12:00:00Z`);
  expect(earlier[0]?.clock).toBe('rotten');
  // Four hours of Monday, one of Tuesday.
  const { items: late } = await handOffs(`rep=ada&asOf=${before}&at=2026-03-10T09:00:00Z`);
  expect(late[0]).toMatchObject({
    ...{ serviceLevel: 'all', businessHours: 'office' },
    businessMinutes: { toAccept: null, toFirstActivity: null, overdue: 300 },
  });
  expect(items[0]?.businessMinutes).toEqual({ toAccept: null, toFirstActivity: 60, overdue: 0 });
});

test('a hand-off that ended says how, and the lead that waited gets the place', async () => {
  await log.decide('ben', 'LeadAccepted', 1, { by: 'bob' });
  await settle();
  expect((await handOffs('state=accepted')).items).toMatchObject([
    { acceptedBy: 'bob', recipient: { id: 'bob' } },
  ]);
  await log.decide('ben', 'LeadRecycled', 1, { by: 'bob', reason: 'no budget' });
  await settle();
  expect((await handOffs('state=recycled')).items).toMatchObject([
    {
      endReason: 'no budget',
      clock: 'stopped',
      lead: { email: emailOf('ben').slice(6), lifecycle: 'recycled' },
    },
  ]);
  expect((await handOffs('rep=bob')).items).toMatchObject([{ lead: { leadId: leadOf('cid') } }]);
  expect((await api.get<UnroutableLeadsAnswer>('/api/handoffs/unroutable')).body.items).toEqual([]);
  expect((await handOffs('state=all')).items).toHaveLength(3);
});

test('a hand-off has ended once its lead became an opportunity, also when that is lost, as metrics count it', async () => {
  const day = (nr: number): Date => new Date(Date.UTC(2026, 2, nr, 9));
  const counted = async () => {
    const { body } = await api.get<{ open: number }>('/api/metrics/rotting-leads?at=2026-03-20T00:00:00Z');
    return [(await handOffs()).items.length, body.open];
  };
  expect(await counted()).toEqual([2, 2]);
  clock = day(15);
  // One that was opened before the hand-off does not end it.
  await log.opportunity('ann', day(1));
  await log.opportunity('cid', day(9), day(15));
  await settle();
  expect((await handOffs('state=opportunity')).items).toMatchObject([
    { clock: 'stopped', lead: { leadId: leadOf('cid'), lifecycle: 'handed_off' } },
  ]);
  expect(await counted()).toEqual([1, 1]);
  const { rows } = await db.pool.query(
    `SELECT handoff_state, is_open, clock FROM bi.fact_handoff WHERE recipient = 'bob' AND cycle = 1 ORDER BY handed_off_at, 1`,
  );
  expect(rows).toEqual([
    { handoff_state: 'opportunity', is_open: false, clock: 'stopped' },
    { handoff_state: 'recycled', is_open: false, clock: 'stopped' },
  ]);
  const loads = await withTransaction(db.pool, (tx) => openLeads(tx, WORKSPACE));
  expect(loads).toEqual([{ recipient: 'ada', open: 1 }]);
});
