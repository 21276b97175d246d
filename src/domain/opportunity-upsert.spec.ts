import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deciderSpec } from '../../test/given-when-then.js';
import { stageEntriesOf } from '../../test/stage-entries.js';
import { replay } from './decider.js';
import type { IdentityKey } from './identity/keys.js';
import { opportunity, type Opportunity, type OpportunityEvent } from './opportunity.js';
import { update } from './opportunity-update.js';
import { upsert, type UpsertOpportunity } from './opportunity-upsert.js';

const given = deciderSpec(opportunity);
const may = (day: number): Date => new Date(Date.UTC(2026, 4, day, 12));
const now = may(30);
const ada: IdentityKey = 'email:ada@acme.example';
const bob: IdentityKey = 'email:bob@acme.example';

const report = (said: Partial<UpsertOpportunity>): UpsertOpportunity => ({
  opportunityId: 'opp-1',
  now,
  ...said,
});
/** The events of reports that arrived in this order, with ids that rise. */
const after = (...reports: Partial<UpsertOpportunity>[]): Opportunity =>
  reports.reduce((state, said) => record(state, upsert(report(said), state)), opportunity.initial);
const record = (state: Opportunity, events: readonly OpportunityEvent[]): Opportunity =>
  events.reduce((reached, event) => {
    const id = String(reached.events.length).padStart(8, '0');
    return opportunity.evolve(reached, { ...event, id });
  }, state);
const typesOf = ({ events }: Opportunity) => events.map(({ type }) => type);

const first = {
  name: 'Acme',
  accountId: 'acme',
  amount: '100.00',
  currency: 'USD',
  stage: 'discovery',
  openedAt: may(1),
  contacts: [{ keys: [ada], role: 'user' }],
};

describe('a report of an unknown opportunity', () => {
  test('without occurredAt opens it with all reported values', () => {
    const state = after({ ...first, status: 'won', closedAt: may(20), reason: 'price' });
    expect(typesOf(state)).toEqual([
      'OpportunityOpened',
      'ContactRoleAssigned',
      'OpportunityWon',
      'OpportunityChanged',
    ]);
    expect(state).toMatchObject({
      name: 'Acme',
      amountMinor: 10_000,
      status: 'won',
      openedAt: may(1),
      closedAt: may(20),
      reason: 'price',
      contacts: [{ keys: [ada], role: 'user' }],
    });
    expect(stageEntriesOf(state).map(({ event, status }) => [status, event.occurredAt])).toEqual([
      ['open', may(1)],
      ['won', may(20)],
    ]);
  });

  test('with occurredAt records nothing about the time between opening and report', () => {
    const state = after({ ...first, occurredAt: may(10) });
    expect(stageEntriesOf(state).map(({ event, stage }) => [stage, event.occurredAt])).toEqual([
      [null, may(1)],
      ['discovery', may(10)],
    ]);
  });

  test('requires a currency', () =>
    given()
      .when(upsert, report({ ...first, currency: undefined }))
      .thenRefused('currency-missing'));

  test('is recorded even after its deletion, since earlier reports may arrive later', () => {
    expect(after({ status: 'deleted' }).events).toEqual([]);
    const deleted = after({ status: 'deleted', occurredAt: may(20) });
    expect(typesOf(deleted)).toEqual(['OpportunityDeleted']);
    expect(
      after({ status: 'deleted', occurredAt: may(20) }, { ...first, occurredAt: may(10) }),
    ).toMatchObject({
      deleted: true,
      name: 'Acme',
    });
  });
});

describe('a report of a known opportunity', () => {
  test('that was sent before changes nothing', () => {
    for (const occurredAt of [undefined, may(10)]) {
      const full = {
        ...first,
        status: 'won' as const,
        closedAt: may(9),
        reason: null,
        owner: null,
        occurredAt,
      };
      const state = after(full);
      expect(upsert(report(full), state)).toEqual([]);
    }
  });

  test('keeps absent fields and clears fields that are null', () =>
    expect(after(first, { stage: 'proposal', name: null, amount: null })).toMatchObject({
      name: undefined,
      amountMinor: 0,
      stage: 'proposal',
      accountId: 'acme',
      contacts: [{ keys: [ada] }],
    }));

  test('replaces the whole committee', () => {
    const state = after(first, { contacts: [{ keys: [bob, 'crm:2'], role: 'champion' }] });
    expect(state.contacts).toMatchObject([{ keys: ['crm:2', bob], role: 'champion' }]);
    expect(after(first, { contacts: [] }).contacts).toEqual([]);
  });

  test('may have any status after any other', () => {
    expect(after(first, { status: 'won' }, { status: 'lost', reason: 'void' })).toMatchObject({
      status: 'lost',
      reason: 'void',
    });
    expect(after(first, { status: 'won' }, { status: 'open', stage: 'x' })).toMatchObject({
      status: 'open',
      stage: 'x',
      closedAt: undefined,
    });
    expect(after(first, { status: 'won', closedAt: may(3) }, { amount: '5.00' })).toMatchObject({
      status: 'won',
      amountMinor: 500,
      closedAt: may(3),
    });
  });

  test('restores a deleted one', () => {
    const deleted = after(first, { status: 'deleted', occurredAt: may(12) });
    expect(deleted).toMatchObject({ deleted: true });
    expect(stageEntriesOf(deleted)).toEqual([]);
    expect(record(deleted, upsert(report({ ...first, occurredAt: may(13) }), deleted))).toMatchObject({
      deleted: false,
      status: 'open',
      name: 'Acme',
    });
    expect(record(deleted, upsert(report({}), deleted))).toMatchObject({ deleted: false });
  });

  test('from an earlier time does not override later reports', () => {
    const late = {
      ...first,
      stage: 'lead',
      amount: '1.00',
      status: 'lost' as const,
      contacts: [],
      occurredAt: may(5),
    };
    expect(after({ ...first, stage: 'proposal', status: 'open', occurredAt: may(10) }, late)).toMatchObject({
      stage: 'proposal',
      status: 'open',
      amountMinor: 10_000,
      contacts: [{ keys: [ada] }],
    });
  });

  test.each<[string, Partial<UpsertOpportunity>]>([
    ['currency-fixed', { currency: 'EUR' }],
    ['currency-unknown', { opportunityId: 'other', currency: 'XXD' }],
    ['amount-negative', { amount: '-1.00' }],
    ['not-closing', { closedAt: may(3) }],
    ['not-closing', { status: 'open', closedAt: may(3) }],
    ['closed-before-opened', { status: 'won', closedAt: new Date(+may(1) - 1) }],
    ['closed-in-future', { status: 'won', closedAt: may(31) }],
    ['opened-in-future', { openedAt: may(31) }],
    ['changed-in-future', { occurredAt: may(31) }],
    ['changed-before-opened', { openedAt: may(3), occurredAt: may(2) }],
    ['changed-in-future', { status: 'deleted', occurredAt: may(31) }],
  ])('is refused with the code %s: %j', (code, said) => {
    const state = said.opportunityId === undefined ? after(first) : opportunity.initial;
    given(...state.events)
      .when(upsert, report(said))
      .thenRefused(code);
  });

  test('restores a deleted one, but an update of it is refused', () => {
    const { events } = after(first, { status: 'deleted', occurredAt: may(12) });
    given(...events)
      .when(update, { opportunityId: 'opp-1', stage: 'x', contacts: [], now })
      .thenRefused('opportunity-not-found');
  });
});

describe('reports with occurredAt', () => {
  const text = fc.option(fc.constantFrom('a', 'b'));
  const said = fc.record(
    {
      name: text,
      accountId: text,
      stage: text,
      owner: text,
      amount: fc.option(fc.constantFrom('1.00', '2.00')),
      status: fc.constantFrom('open' as const, 'won' as const, 'lost' as const, 'deleted' as const),
      closedAt: fc.integer({ min: 1, max: 29 }).map(may),
      reason: text,
      contacts: fc.array(
        fc.record({
          keys: fc.constantFrom<IdentityKey[]>([ada], [bob], ['crm:1', ada], ['crm:2', bob]),
          role: fc.constantFrom('user', 'champion'),
        }),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  const dated = fc.record({ day: fc.integer({ min: 2, max: 29 }), parts: said });
  const reports = fc
    .tuple(fc.uniqueArray(dated, { selector: ({ day }) => day, minLength: 1, maxLength: 6 }), fc.boolean())
    .map(([list, isOpeningKnown]) =>
      list.map(({ day, parts: { closedAt, ...parts } }) => {
        const isClosed = parts.status === 'won' || parts.status === 'lost';
        const opening = isOpeningKnown ? { openedAt: may(1) } : {};
        const close = isOpeningKnown && isClosed && closedAt && +closedAt <= +may(day) ? { closedAt } : {};
        return { currency: 'USD', ...opening, ...parts, ...close, occurredAt: may(day) };
      }),
    );
  const shuffled = reports.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );

  const plain = ({ events: _, opening, roles: __, reportedAt: ___, contacts, ...state }: Opportunity) => ({
    ...JSON.parse(JSON.stringify(state)),
    isOpened: opening !== undefined,
    committee: contacts.map(({ keys, role, since }) => [[...keys].sort(), role, since?.occurredAt]),
  });
  const stages = (state: Opportunity) =>
    stageEntriesOf(state).map(({ event, ...entry }) => ({ ...entry, at: event.occurredAt }));

  test('give the same opportunity and the same stages in any order', () =>
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const [one, two] = [after(...list), after(...other)];
        expect(plain(two)).toEqual(plain(one));
        expect(stages(two)).toEqual(stages(one));
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 300) },
    ));

  test('change nothing when they are sent again', () =>
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const state = after(...list);
        for (const said of other) expect(upsert(report(said), state)).toEqual([]);
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 300) },
    ));

  test('record events that give the same opportunity in any order of arrival', () =>
    fc.assert(
      fc.property(reports, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (list, ranks) => {
        const state = after(...list);
        const order = state.events.map((event, index) => ({ event, rank: ranks[index] ?? 0 }));
        const events = order.sort((a, b) => a.rank - b.rank).map(({ event }) => event);
        expect(replay(opportunity, events)).toEqual(state);
      }),
    ));

  test('never enter a stage before leaving the previous one', () =>
    fc.assert(
      fc.property(shuffled, ([, list]) => {
        const times = stages(after(...list)).map(({ at }) => +at);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    ));
});
