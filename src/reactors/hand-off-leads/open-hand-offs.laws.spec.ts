import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v7 as uuid } from 'uuid';
import { testDatabase, type TestDatabase } from '../../../test/database.js';
import { emailOf, leadOf, NOON, SalesLog, WORKSPACE } from '../../../test/hand-offs.js';
import { withTransaction } from '../../database/client.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { projections } from '../../projections/all.js';
import { changedOpenLeads, openLeads } from '../../read-models/open-leads.js';
import { SubscriptionRunner } from '../../subscriptions/runner.js';
import { OpenHandOffs } from './open-hand-offs.js';

const PEOPLE = ['ann', 'ben', 'cid', 'dan'];
const STEPS = ['hand off', 'accept', 'recycle', 'opportunity', 'opt out', 'merge', 'split', 'claim'] as const;
const step = fc.record({
  does: fc.constantFrom(...STEPS, 'hand off' as const, 'hand off' as const),
  who: fc.constantFrom(...PEOPLE),
  other: fc.constantFrom(...PEOPLE),
  rep: fc.constantFrom('ada', 'bob'),
});
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

async function record(log: SalesLog, stream: string, type: string, data: object): Promise<void> {
  const event = { id: uuid(), type, schemaVersion: 1, occurredAt: NOON, data };
  await log.store.record([{ workspace: WORKSPACE, stream, event: event as never }]);
}

async function handOff(log: SalesLog, name: string, rep: string): Promise<void> {
  const cycle = (await log.decisions(name)).filter(({ type }) => type === 'LeadQualified').length + 1;
  await log.qualify(name);
  await log.decide(name, 'LeadHandedOff', cycle, {
    ...{ modelVersion: 1, rule: 'assigned', by: 'eva', dueBy: NOON.toISOString() },
    recipient: { id: rep, kind: 'rep' },
  });
}

/** A contact by a key that a person claims later, which changes nothing in their profile. */
const contactOf = (name: string) => ({
  opportunityId: `deal ${name}`,
  contact: [`anonymous:${name}`],
  role: 'champion',
});

async function take(log: SalesLog, { does, who, other, rep }: Step): Promise<void> {
  const cycle = (await log.decisions(who)).filter(({ type }) => type === 'LeadQualified').length;
  const pair = { key: emailOf(who), otherKey: emailOf(other) };
  if (does === 'hand off') return handOff(log, who, rep);
  if (does === 'accept' && cycle > 0) return log.decide(who, 'LeadAccepted', cycle, { by: rep });
  if (does === 'recycle' && cycle > 0) return log.decide(who, 'LeadRecycled', cycle, { reason: 'no budget' });
  if (does === 'opportunity') {
    await record(log, `opportunity-deal ${who}`, 'OpportunityOpened', { ...contactOf(who), currency: 'EUR' });
    return record(log, `opportunity-deal ${who}`, 'ContactRoleAssigned', contactOf(who));
  }
  if (does === 'claim')
    return record(log, 'identity', 'IdentityClaimed', {
      identity: [emailOf(who), `anonymous:${who}`],
      traits: {},
    });
  if (does === 'opt out')
    return record(log, 'identity', 'ConsentChanged', {
      ...{ identity: [emailOf(who)], channel: 'email', status: 'unsubscribed', reason: 'unsubscribe' },
    });
  if (does === 'merge' && who !== other) return record(log, 'identity', 'IdentitiesMerged', pair);
  if (does === 'split' && who !== other) return record(log, 'identity', 'IdentitiesSplit', pair);
}

async function onDatabase(
  work: (log: SalesLog, db: TestDatabase, catchUp: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const db = await testDatabase();
  const log = new SalesLog(new MemoryEventStore());
  const runner = new SubscriptionRunner({ pool: db.pool, store: log.store, subscriptions: projections });
  try {
    await log.publish({});
    for (const name of PEOPLE) await log.person(name);
    // One that is not running gives its leases back, and whoever takes them has all counted again.
    runner.start();
    await work(log, db, () => runner.catchUp());
  } finally {
    await runner.stop();
    await db.drop();
  }
}

const ann = (...all: readonly Step['does'][]): Step[] =>
  all.map((does) => ({ does, who: 'ann', other: 'ben', rep: 'ada' }));
const ben = (does: Step['does']): Step => ({ does, who: 'ben', other: 'ann', rep: 'bob' });
const EXAMPLES: [Step[]][] = [
  [ann('hand off', 'claim', 'opportunity')],
  [ann('hand off', 'opportunity', 'claim')],
  [ann('hand off', 'accept', 'opt out')],
  [[...ann('hand off'), ben('hand off'), ...ann('merge'), ben('accept')]],
  [ann('hand off', 'recycle', 'hand off', 'merge', 'split')],
];

const counted = (db: TestDatabase, handOffs: OpenHandOffs): Promise<Map<string, number>> =>
  withTransaction(db.pool, async (tx) => (await handOffs.of(tx, WORKSPACE)).counts([]));

test('open hand-offs that are kept up to date are those that a count of all finds, whatever happens to leads', async () => {
  let open = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 20 }), (steps) =>
    onDatabase(async (log, db, catchUp) => {
      const handOffs = new OpenHandOffs();
      for (const each of steps) {
        await take(log, each);
        await catchUp();
        const all = await withTransaction(db.pool, (tx) => openLeads(tx, WORKSPACE));
        const kept = [...(await counted(db, handOffs))].filter(([, number]) => number > 0);
        expect(new Map(kept)).toEqual(new Map(all.map((each) => [each.recipient, each.open])));
        open += all.length;
      }
    }),
  );
  await fc.assert(property, {
    ...{ numRuns: Number(process.env['LAW_RUNS'] ?? 6), endOnFailure: true },
    examples: EXAMPLES,
  });
  expect(open).toBeGreaterThan(0);
}, 120_000);

test('of many open hand-offs only those that changed are counted again', () =>
  onDatabase(async (log, db, catchUp) => {
    for (const [nr, name] of PEOPLE.entries()) await handOff(log, name, nr < 3 ? 'ada' : 'bob');
    await catchUp();
    const before = await log.store.head();
    const handOffs = new OpenHandOffs();
    expect(await counted(db, handOffs)).toEqual(new Map(Object.entries({ ada: 3, bob: 1 })));
    await log.decide('ann', 'LeadRecycled', 1, { reason: 'no budget' });
    await catchUp();
    const changed = await withTransaction(db.pool, (tx) => changedOpenLeads(tx, WORKSPACE, before));
    expect(changed).toEqual([{ leadId: leadOf('ann'), decidedId: null, recipient: null }]);
    expect(await counted(db, handOffs)).toEqual(new Map(Object.entries({ ada: 2, bob: 1 })));
    const left = await withTransaction(db.pool, async (tx) =>
      (await handOffs.of(tx, WORKSPACE)).counts([leadOf('ben'), leadOf('nobody')]),
    );
    expect(left).toEqual(new Map(Object.entries({ ada: 1, bob: 1 })));
  }));
