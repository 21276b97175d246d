import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { inTransaction } from '../../test/project.js';
import type { NewEvent, RecordedEvent } from '../domain/events.js';
import { opportunity, type Opportunity, type OpportunityEvent } from '../domain/opportunity.js';
import { open } from '../domain/opportunity-opening.js';
import { update, type UpdateOpportunity } from '../domain/opportunity-update.js';
import { handle } from '../event-store/handle.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { opportunities } from './opportunities.js';
import { PoisonedEvent } from '../subscriptions/subscription.js';

let db: TestDatabase;
let store: MemoryEventStore;
beforeAll(async () => (db = await testDatabase()));
afterAll(() => db.drop());
beforeEach(async () => {
  store = new MemoryEventStore();
  await empty();
});

const empty = () => db.pool.query(opportunities.tables.map((table) => `DELETE FROM ${table}`).join('; '));
const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

const decide = (opportunityId: string, decided: (state: Opportunity) => OpportunityEvent[]) =>
  handle(store, 'main', `opportunity-${opportunityId}`, opportunity, decided);
const opening = (opportunityId: string, more: object = {}) =>
  decide(opportunityId, (state) =>
    open(
      {
        opportunityId,
        currency: 'USD',
        amount: '100.00',
        contacts: [],
        openedAt: day(1),
        now: day(20),
        ...more,
      },
      state,
    ),
  );
const updating = (opportunityId: string, said: Partial<UpdateOpportunity>, now = day(20)) =>
  decide(opportunityId, (state) => update({ opportunityId, contacts: [], now, ...said }, state));

/** Projects the whole log in batches of so many positions. */
async function project(size: number): Promise<void> {
  const events = await store.readAll(0n, 10_000);
  await inTransaction(db.pool, async (tx) => {
    for (let after = 0; after < events.length; after += size) {
      const batch = events.slice(after, after + size);
      await opportunities.apply(batch, tx, { after: BigInt(after), upTo: BigInt(after + batch.length) });
    }
  });
}
const rows = async (query: string) => (await db.pool.query<Record<string, unknown>>(query)).rows;

async function halfAYear(): Promise<void> {
  await opening('opp-1', {
    name: 'Acme 2026',
    contacts: [{ keys: ['email:ada@acme.example'], role: 'user' }],
  });
  await opening('opp-2', { amount: '7.00', currency: 'JPY' });
  await updating('opp-1', { stage: 'proposal', amount: '120.00' });
  await updating('opp-1', { contacts: [{ keys: ['crm:1', 'email:ada@acme.example'], role: 'champion' }] });
  await updating('opp-2', { status: 'lost', reason: 'price', closedAt: day(9) });
  await updating('opp-1', { contacts: [{ keys: ['email:bob@acme.example'], role: 'user' }] });
  await updating('opp-1', { contacts: [{ keys: ['crm:1'], role: null }] });
  await updating('opp-2', { status: 'open' });
  await updating('opp-1', { status: 'won', closedAt: day(10) });
  await updating('opp-1', { status: 'won', amount: '110.00' });
}

describe('every version of an opportunity', () => {
  test('is kept, from the event that made it to the one that ended it', async () => {
    await halfAYear();
    await project(5_000);
    const opportunities = await rows(
      `SELECT * FROM touchline.opportunity ORDER BY opportunity_id, known_from`,
    );
    expect(
      opportunities.map((row) => [
        row['opportunity_id'],
        row['status'],
        row['amount_minor'],
        row['known_from'],
        row['superseded_at'],
      ]),
    ).toEqual([
      ['opp-1', 'open', '10000', '1', '4'],
      ['opp-1', 'open', '12000', '4', '10'],
      ['opp-1', 'won', '12000', '10', '11'],
      ['opp-1', 'won', '11000', '11', null],
      ['opp-2', 'open', '7', '3', '6'],
      ['opp-2', 'lost', '7', '6', '9'],
      ['opp-2', 'open', '7', '9', null],
    ]);
    expect(opportunities[3]).toMatchObject({
      name: 'Acme 2026',
      stage: 'proposal',
      opened_at: day(1),
      closed_at: day(10),
      version: 4,
    });
    expect(opportunities[5]).toMatchObject({ reason: 'price', closed_at: day(9) });
    expect(opportunities[6]).toMatchObject({ reason: null, closed_at: null });
  });

  test('and so is the committee', async () => {
    await halfAYear();
    await project(5_000);
    const seats = await rows(`SELECT * FROM touchline.opportunity_contact ORDER BY known_from`);
    expect(
      seats.map((row) => [row['contact'], row['role'], row['keys'], row['known_from'], row['superseded_at']]),
    ).toEqual([
      ['email:ada@acme.example', 'user', ['email:ada@acme.example'], '2', '5'],
      ['email:ada@acme.example', 'champion', ['email:ada@acme.example', 'crm:1'], '5', '8'],
      ['email:bob@acme.example', 'user', ['email:bob@acme.example'], '7', null],
    ]);
    expect(
      await rows('SELECT key, opportunity_id FROM touchline.opportunity_contact_key ORDER BY key'),
    ).toEqual(
      ['crm:1', 'email:ada@acme.example', 'email:bob@acme.example'].map((key) => ({
        key,
        opportunity_id: 'opp-1',
      })),
    );
  });
});

test('the same rows come from batches of any size', async () => {
  await halfAYear();
  const all = async () => {
    const tables = opportunities.tables.map((table) => rows(`SELECT * FROM ${table} t ORDER BY t`));
    return Promise.all(tables);
  };
  await project(5_000);
  const atOnce = await all();
  for (const size of [1, 2, 3, 7]) {
    await empty();
    await project(size);
    expect(await all()).toEqual(atOnce);
  }
});

describe('changes that arrive out of order', () => {
  const said = (name: string, at: number, data: object, type = 'OpportunityChanged'): OpportunityEvent =>
    ({
      type,
      id: `00000000-0000-4000-8000-${name.padStart(12, '0')}`,
      occurredAt: day(at),
      data: { opportunityId: 'opp-1', ...data },
    }) as OpportunityEvent;
  const logged = (events: readonly OpportunityEvent[]): RecordedEvent[] =>
    events.map((event, index) => ({
      ...(event as NewEvent),
      schemaVersion: 1,
      workspace: 'main',
      stream: 'opportunity-opp-1',
      version: index + 1,
      position: BigInt(index + 1),
      recordedAt: day(40),
    }));
  async function apply(events: readonly OpportunityEvent[], size = 5_000): Promise<void> {
    const log = logged(events);
    await inTransaction(db.pool, async (tx) => {
      for (let after = 0; after < log.length; after += size) {
        const batch = log.slice(after, after + size);
        await opportunities.apply(batch, tx, { after: BigInt(after), upTo: BigInt(after + batch.length) });
      }
    });
  }
  const VERSIONED = ['opportunity', 'opportunity_contact', 'opportunity_stage'];
  const current = async () => {
    const tables = VERSIONED.map((table) =>
      rows(
        `SELECT to_jsonb(t) - 'known_from' - 'superseded_at' AS row FROM touchline.${table} t
         WHERE superseded_at IS NULL ORDER BY 1`,
      ),
    );
    const facts = rows('SELECT * FROM bi.fact_opportunity_stage ORDER BY version');
    return Promise.all([...tables, facts]);
  };
  const versions = () =>
    Promise.all(VERSIONED.map((table) => rows(`SELECT * FROM touchline.${table} t ORDER BY t`)));

  const opened = said('1', 1, { amountMinor: 100, currency: 'USD', stage: 'discovery' }, 'OpportunityOpened');

  test('an earlier change that comes later does not win', async () => {
    await apply([
      opened,
      said('2', 10, { stage: 'proposal' }),
      said('3', 5, { stage: 'demo', amountMinor: 7 }),
    ]);
    const [[opportunity]] = await current();
    expect(opportunity?.['row']).toMatchObject({ stage: 'proposal', amount_minor: 7, version: 3 });
    expect(
      await rows(`SELECT from_stage, to_stage, entered_at, days_in_stage::float8 FROM bi.fact_opportunity_stage
                  ORDER BY version`),
    ).toEqual([
      { from_stage: null, to_stage: 'discovery', entered_at: day(1), days_in_stage: 4 },
      { from_stage: 'discovery', to_stage: 'demo', entered_at: day(5), days_in_stage: 5 },
      { from_stage: 'demo', to_stage: 'proposal', entered_at: day(10), days_in_stage: null },
    ]);
  });

  test('an opportunity that is deleted has no rows, from then on, and has them again when it is back', async () => {
    const deleted = said('3', 12, {}, 'OpportunityDeleted');
    await apply([opened, said('2', 10, { stage: 'proposal' }), deleted]);
    expect(await current()).toEqual([[], [], [], []]);
    expect(await rows('SELECT superseded_at FROM touchline.opportunity ORDER BY known_from')).toEqual([
      { superseded_at: '2' },
      { superseded_at: '3' },
    ]);
    await empty();
    await apply([opened, deleted, said('2', 10, { stage: 'proposal' })]);
    expect(await current()).toEqual([[], [], [], []]);
    await empty();
    await apply([deleted, opened, said('4', 13, { owner: 'rep-1' })]);
    expect((await current())[0]).toMatchObject([
      { row: { status: 'open', owner: 'rep-1', stage: 'discovery' } },
    ]);
  });

  const someday = fc.integer({ min: 2, max: 12 });
  const contact = fc.constantFrom(
    ['email:a@x.example'],
    ['crm:1', 'email:a@x.example'],
    ['email:b@x.example'],
  );
  const role = fc.option(fc.constantFrom('user', 'champion'));
  const parts = fc.oneof(
    fc.record(
      { stage: fc.constantFrom('demo', 'proposal', null), amountMinor: fc.nat(9) },
      { requiredKeys: [] },
    ),
    fc.record({
      status: fc.constantFrom('open', 'won'),
      contacts: fc.constant([{ keys: ['crm:1'], role: 'user' }]),
    }),
    fc.record({ name: fc.constantFrom('a', null), openedAt: fc.constant('2026-01-01T12:00:00.000Z') }),
  );
  const change = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('OpportunityChanged'), parts) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('ContactRoleAssigned'), fc.record({ contact, role })) },
    fc.constant(['OpportunityWon', { currency: 'USD' }] as const),
    fc.constant(['OpportunityWon', { currency: 'USD', amountMinor: 50 }] as const),
    fc.constant(['OpportunityLost', { reason: 'price' }] as const),
    fc.constant(['OpportunityReopened', {}] as const),
    fc.constant(['OpportunityDeleted', {}] as const),
  );
  const changes = fc
    .array(fc.tuple(someday, change), { maxLength: 10 })
    .map((list) => list.map(([at, [type, data]], index) => said(String(index + 2), at, data, type)))
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));

  test('make the same rows in any order of arrival, in batches of any size', () =>
    fc.assert(
      fc.asyncProperty(changes, fc.integer({ min: 2, max: 4 }), async ([list, other], size) => {
        await empty();
        await apply([opened, ...list]);
        const inDependencyOrder = await current();
        await empty();
        await apply([opened, ...other]);
        expect(await current()).toEqual(inDependencyOrder);
        const atOnce = await versions();
        for (const part of [1, size]) {
          await empty();
          await apply([opened, ...other], part);
          expect(await versions()).toEqual(atOnce);
        }
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 30) },
    ));
});

test('a workspace does not see the opportunity of the same name in another', async () => {
  await opening('opp-1');
  await handle(store, 'other', 'opportunity-opp-1', opportunity, (state) =>
    open({ opportunityId: 'opp-1', currency: 'EUR', contacts: [], now: day(2) }, state),
  );
  await updating('opp-1', { status: 'lost' });
  await project(5_000);
  expect(
    await rows(`SELECT workspace, status FROM touchline.opportunity WHERE superseded_at IS NULL ORDER BY 1`),
  ).toEqual([
    { workspace: 'main', status: 'lost' },
    { workspace: 'other', status: 'open' },
  ]);
});

test('an event of an opportunity that was never opened is told apart', async () => {
  await opening('opp-1');
  await updating('opp-1', { owner: 'rep-2' });
  const [, changed] = await store.readAll(0n, 10);
  const range = { after: 1n, upTo: 2n };
  const applied = inTransaction(db.pool, (tx) => opportunities.apply([changed!], tx, range));
  await expect(applied).rejects.toMatchObject({ keys: ['opportunity:opp-1'] });
  await expect(applied).rejects.toBeInstanceOf(PoisonedEvent);
});
