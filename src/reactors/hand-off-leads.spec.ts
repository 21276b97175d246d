import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { NOON, SalesLog } from '../../test/hand-offs.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { LeadManagement, Recipient } from '../domain/model/lead-management.js';
import { handOffLeads } from './hand-off-leads.js';

const rep = (id: string, more: Partial<Recipient> = {}): Recipient => ({
  id,
  name: id,
  kind: 'rep',
  ...more,
});
const NAMES = ['ann', 'ben', 'cid', 'dan', 'eve'];

let db: TestDatabase;
let log: SalesLog;
let now: Date;
let runner: SubscriptionRunner;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  now = NOON;
  log = new SalesLog(new MemoryEventStore());
  const reactor = handOffLeads({ now: () => now, reviewEveryMs: 0 });
  runner = new SubscriptionRunner({
    pool: db.pool,
    store: log.store,
    subscriptions: [...projections, reactor],
  });
  await runner.register();
  for (const name of NAMES) await log.person(name);
});
afterEach(async () => {
  await runner.stop();
  await db.drop();
  db = await testDatabase();
});

/** Until nothing is decided any more. */
async function settle(): Promise<string[]> {
  for (let before = -1n; before !== (await log.store.head());) {
    before = await log.store.head();
    await runner.catchUp();
  }
  return log.routes(NAMES);
}

const model = (routing: LeadManagement['routing'], more: LeadManagement = {}): LeadManagement => ({
  ...(routing && { routing }),
  ...more,
});

test('a qualified lead is handed off with rule, model version and deadline, because it qualified', async () => {
  const office = { id: 'office', week: { wednesday: [{ from: '09:00', to: '14:00' }] } };
  const serviceLevels = [{ name: 'all', dueWithinHours: 4, warnHoursBefore: 3 }];
  const recipients = [rep('ada', { businessHours: 'office', timeZone: 'Europe/Berlin' })];
  await log.publish(model({ recipients }, { businessHours: [office], serviceLevels }));
  await log.qualify('ann');
  await settle();
  const [qualified, handedOff] = await log.decisions('ann');
  expect(handedOff).toMatchObject({
    type: 'LeadHandedOff',
    occurredAt: NOON,
    causationId: qualified?.id,
    data: {
      cycle: 1,
      modelVersion: 1,
      recipient: { id: 'ada', kind: 'rep' },
      rule: 'all recipients',
      warnAt: '2026-03-04T12:00:00.000Z',
      dueBy: '2026-03-11T10:00:00.000Z',
    },
  });
});

test('of leads that qualify together none goes over the capacity of two reps with unequal load', async () => {
  await log.publish(model({ recipients: [rep('ada', { capacity: 3 }), rep('bob', { capacity: 1 })] }));
  await log.qualify('ann', 'ben');
  expect(await settle()).toEqual(['ann to ada by all recipients', 'ben to bob by all recipients']);
  await log.qualify('cid', 'dan', 'eve');
  expect((await settle()).slice(2)).toEqual(['cid to ada by all recipients', 'dan to ada by all recipients']);
});

test('round robin goes on where it was, whatever was restarted', async () => {
  await log.publish(
    model({ recipients: ['ada', 'bob', 'cleo'].map((id) => rep(id)), strategy: 'round_robin' }),
  );
  for (const name of NAMES) {
    await log.qualify(name);
    await settle();
  }
  expect((await settle()).map((route) => route.split(' ')[2])).toEqual(['ada', 'bob', 'cleo', 'ada', 'bob']);
});

describe('the owner of the account receives its leads', () => {
  test('as the CRM says of the account', async () => {
    await log.publish(model({ recipients: [rep('ada'), rep('bob')] }));
    await log.account('acme', { owner: 'bob' });
    await log.person('ann', {}, 'acme');
    await log.qualify('ann');
    expect(await settle()).toEqual(['ann to bob by account owner']);
  });
});

test('rules read traits, segments and behaviour of the lead', async () => {
  const when = { kind: 'demo_request' } as const;
  await log.publish(
    model(
      {
        recipients: [rep('ada'), rep('bob'), rep('cleo')],
        rules: [
          { name: 'demos', when: { did: [{ when }] }, recipients: ['bob'] },
          { name: 'chiefs', when: { segment: 'chiefs' }, recipients: ['cleo'] },
          { name: 'others', recipients: ['ada'] },
        ],
      },
      { segments: [{ id: 'chiefs', name: 'Chiefs', when: { traits: { title: { words: ['CFO'] } } } }] },
    ),
  );
  await log.touchpoint('ann', 'demo_request', NOON);
  await log.person('ben', { title: 'CFO' });
  await log.qualify('ann', 'ben', 'cid');
  expect(await settle()).toEqual(['ann to bob by demos', 'ben to cleo by chiefs', 'cid to ada by others']);
});

describe('a lead that nobody can take waits', () => {
  test('until another one is closed, the one that waits longest first', async () => {
    await log.publish(model({ recipients: [rep('ada', { capacity: 1 })] }));
    await log.qualify('ann', 'ben', 'cid');
    expect(await settle()).toEqual(['ann to ada by all recipients']);
    await log.decide('ann', 'LeadRecycled', 1, { reason: 'no budget' });
    expect((await settle()).slice(1)).toEqual(['ben to ada by all recipients']);
    await log.decide('ben', 'LeadDisqualified', 1, { reason: 'student' });
    expect((await settle()).slice(2)).toEqual(['cid to ada by all recipients']);
  });

  test('until a model is published that has somebody for it', async () => {
    await log.publish(model(undefined));
    await log.qualify('ann');
    expect(await settle()).toEqual([]);
    await log.publish(model({ recipients: [rep('ada')] }));
    expect(await settle()).toEqual(['ann to ada by all recipients']);
    expect((await log.handOffs())[0]?.data.modelVersion).toBe(2);
  });

  test('until a rep comes back to the office, though nothing else happens', async () => {
    await log.publish(
      model({ recipients: [rep('ada', { outOfOffice: [{ from: '2026-03-04', to: '2026-03-06' }] })] }),
    );
    await log.qualify('ann');
    expect(await settle()).toEqual([]);
    now = new Date('2026-03-06T00:00:00Z');
    await log.person('nobody');
    expect(await settle()).toEqual(['ann to ada by all recipients']);
  });

  test('until its opportunity takes the place of another one at the same rep', async () => {
    await log.publish(model({ recipients: [rep('ada', { capacity: 1 })] }));
    await log.qualify('ann', 'ben');
    await settle();
    const opportunity = { opportunityId: 'opp-1', currency: 'EUR', amountMinor: 100 };
    const contact = { opportunityId: 'opp-1', contact: ['email:ann@ann.example'], role: 'decision_maker' };
    await log.store.append([
      {
        ...{ workspace: 'main', stream: 'opportunity-opp-1', expected: 'noStream' as const },
        events: [
          {
            id: 'a0000000-0000-4000-8000-000000000001',
            type: 'OpportunityOpened',
            schemaVersion: 1,
            occurredAt: NOON,
            data: opportunity,
          },
          {
            id: 'a0000000-0000-4000-8000-000000000002',
            type: 'ContactRoleAssigned',
            schemaVersion: 1,
            occurredAt: NOON,
            data: contact as never,
          },
        ],
      },
    ]);
    await settle();
    expect((await settle()).slice(1)).toEqual(['ben to ada by all recipients']);
  });
});

test('a lead that opted out while it waited is handed to nobody', async () => {
  await log.publish(model(undefined));
  await log.qualify('ann');
  await log.store.record([
    {
      ...{ workspace: 'main', stream: 'identity' },
      event: {
        ...{
          id: 'a0000000-0000-4000-8000-000000000003',
          type: 'ConsentChanged',
          schemaVersion: 1,
          occurredAt: NOON,
        },
        data: {
          identity: ['email:ann@ann.example'],
          channel: 'email',
          status: 'unsubscribed',
          reason: 'unsubscribe',
        },
      },
    },
  ]);
  await log.publish(model({ recipients: [rep('ada')] }));
  expect(await settle()).toEqual([]);
});

test('a lead whose address stopped working while it waited is handed to nobody', async () => {
  await log.publish(model(undefined));
  await log.qualify('ann', 'ben');
  const bounced = (bounceType: string) => ({ channel: 'email', properties: { bounceType } });
  await log.touchpoint('ann', 'email_bounce', NOON, bounced('hard'));
  await log.touchpoint('ben', 'email_bounce', NOON, bounced('soft'));
  await log.publish(model({ recipients: [rep('ada')] }));
  expect(await settle()).toEqual(['ben to ada by all recipients']);
});

test('a lead that qualifies again is routed anew, and one that a person assigned is left alone', async () => {
  await log.publish(model({ recipients: [rep('ada'), rep('bob')] }));
  await log.qualify('ann');
  await settle();
  await log.decide('ann', 'LeadRecycled', 1, { reason: 'no budget' });
  await log.qualify('ann');
  expect(await settle()).toEqual(['ann to ada by all recipients', 'ann to bob by all recipients']);
  await log.qualify('ben');
  await log.decide('ben', 'LeadHandedOff', 1, {
    ...{ modelVersion: 1, rule: 'assigned', by: 'eva', dueBy: NOON.toISOString() },
    recipient: { id: 'cleo', kind: 'rep' },
  });
  expect((await settle()).slice(2)).toEqual(['ben to cleo by assigned']);
});

test('leads of workspaces are routed apart', async () => {
  const other = new SalesLog(log.store, 'other');
  const recipients = [rep('ada', { capacity: 1 })];
  await log.publish(model({ recipients }));
  await other.publish(model({ recipients }));
  await other.person('ann');
  await log.qualify('ann');
  await other.qualify('ann');
  await settle();
  expect([(await log.handOffs()).length, (await other.handOffs()).length]).toEqual([1, 1]);
});
