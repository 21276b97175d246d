import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stageEntriesOf } from '../../test/stage-entries.js';
import { replay } from './decider.js';
import { eventId } from './event-id.js';
import type { IdentityKey } from './identity/keys.js';
import { OpportunityHistory, type ReportedState } from './opportunity-history.js';
import { receive, type OpportunityReport, type ReceivedReport } from './opportunity-report.js';
import { opportunity, type Opportunity } from './opportunity.js';
import { Refused } from './refused.js';

const hour = (at: number): Date => new Date(Date.UTC(2026, 0, 1, at));
const opportunityId = 'opp-1';
const defaultCurrency = 'USD';

/** A message of the CRM by its number. */
const received = (nth: number, at: number, report: Partial<OpportunityReport>): ReceivedReport => ({
  ...{ workspace: 'main', collector: 'crm' },
  report: { opportunityId, defaultCurrency, ...report },
  occurredAt: hour(at),
  id: `crm/${nth}`,
  eventId: (name) => eventId('main', 'crm', `m-${nth}`, name),
});

const deliver = (messages: readonly ReceivedReport[]): Opportunity =>
  messages.reduce(
    (state, message) => replay(opportunity, receive(message, state), state),
    opportunity.initial,
  );

/** Everything that read models show of it, and the history of its stages. */
function shown(state: Opportunity): object {
  const changes = state.events.filter(({ type }) => type !== 'ContactRoleAssigned');
  return {
    ...current(state),
    stages: stageEntriesOf(state).map(({ event: { id }, ...entry }) => ({ id, ...entry })),
    last: changes.at(-1)?.id,
    changes: changes.length,
  };
}

const keys: readonly IdentityKey[] = ['crm:1', 'crm:2', 'email:ada@acme.example'];
const people = fc.subarray([...keys], { minLength: 1 });
const day = fc.integer({ min: 0, max: 9 }).map((at) => hour(at).toISOString());
const reports: fc.Arbitrary<Partial<OpportunityReport>> = fc.record(
  {
    name: fc.constantFrom('Acme', 'Acme 2026', null),
    accountId: fc.constantFrom('acme', 'beta', null),
    formerAccountId: fc.constantFrom('acme', 'beta'),
    amount: fc.constantFrom('10', '99.995', '0', null),
    currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
    stage: fc.constantFrom('discovery', 'closedwon', null),
    owner: fc.constantFrom('rep-1', 'rep-2', null),
    openedAt: day,
    closeDate: fc.oneof(day, fc.constant(null)),
    status: fc.constantFrom('open', 'won', 'lost', 'deleted'),
    reason: fc.constantFrom('price', null),
    committee: people.map((members) => members.map((key) => ({ keys: [key], role: 'contact' }))),
    roles: fc.array(fc.record({ keys: people, role: fc.constantFrom('contact', 'champion', null) }), {
      maxLength: 2,
    }),
  },
  { requiredKeys: [], noNullPrototype: true },
);
/** Few instants, so that much happens at the same one. */
const messages = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6 }), reports), { minLength: 1, maxLength: 12 })
  .map((all) => all.map(([at, report], nth) => received(nth, at, report)));
const runs = { numRuns: Number(process.env['LAW_RUNS'] ?? 300) };

describe('an opportunity reported by messages of a CRM', () => {
  test('is the same in whatever order they arrive and however often', () =>
    fc.assert(
      fc.property(
        messages.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
        ),
        ([inOrder, shuffled]) => {
          expect(shown(deliver(shuffled))).toEqual(shown(deliver(inOrder)));
        },
      ),
      runs,
    ));

  test('has the same history when its events are folded one by one as they arrive', () =>
    fc.assert(
      fc.property(messages, fc.nat(), (all, seed) => {
        const { events } = deliver(all);
        const arrival = (event: { readonly id?: string }) => eventId(String(seed), '', event.id ?? '');
        const history = new OpportunityHistory([]);
        for (const event of events.toSorted((a, b) => (arrival(a) < arrival(b) ? -1 : 1)))
          history.insert(event);
        expect(current(history.state)).toEqual(current(replay(opportunity, events)));
      }),
      runs,
    ));

  test('is the same when only the latest of several complete states arrives', () =>
    fc.assert(
      fc.property(fc.array(complete, { minLength: 1, maxLength: 5 }), (states) => {
        const all = states.map((report, nth) => received(nth, nth, report));
        const [latest] = all.slice(-1);
        const { openedAt: _, ...whole } = current(deliver(all));
        const { openedAt: __, ...last } = current(deliver(latest ? [latest] : []));
        expect(last).toEqual(whole);
      }),
      runs,
    ));

  test('keeps an amount that arrives before its currency, and has it in that currency', () => {
    const amount = received(1, 1, { amount: '1500' });
    const currency = received(2, 2, { currency: 'JPY' });
    for (const order of [
      [amount, currency],
      [currency, amount],
    ])
      expect(deliver(order)).toMatchObject({ amountMinor: 1500, currency: 'JPY' });
  });

  test('is removed from by a message that arrives before the one that added the contact', () => {
    const added = received(1, 1, { roles: [{ keys: ['crm:1'], role: 'contact' }] });
    const removed = received(2, 2, { roles: [{ keys: ['crm:1'], role: null }] });
    expect(deliver([removed, added]).contacts).toEqual([]);
  });

  test('loses an account that it left, and not the one it had come to before', () => {
    const joined = received(1, 1, { accountId: 'acme' });
    const moved = received(2, 2, { accountId: 'beta' });
    const left = received(3, 3, { formerAccountId: 'acme' });
    expect(deliver([left, moved, joined]).accountId).toBe('beta');
    expect(deliver([left, joined]).accountId).toBeUndefined();
  });

  test('closes at its close date, unless that was only expected', () => {
    const won = received(3, 5, { status: 'won' });
    const at = (date: number) => received(1, 2, { closeDate: hour(date).toISOString() });
    expect(deliver([at(4), won]).closedAt).toEqual(hour(4));
    expect(deliver([won, at(4)]).closedAt).toEqual(hour(4));
    expect(deliver([won, at(9)]).closedAt).toEqual(hour(5));
    const corrected = received(4, 6, { closeDate: hour(3).toISOString() });
    expect(deliver([corrected, won, at(9)]).closedAt).toEqual(hour(3));
  });

  test('has the reason of its loss, whichever was reported first', () => {
    const reason = received(1, 1, { reason: 'price' });
    const lost = received(2, 1, { status: 'lost' });
    const reopened = received(3, 2, { status: 'open' });
    expect(deliver([reason, lost]).reason).toBe('price');
    expect(deliver([lost, reason]).reason).toBe('price');
    expect(deliver([reopened, reason, lost]).reason).toBeUndefined();
  });

  test.each([
    ['currency-missing', { defaultCurrency: undefined }],
    ['currency-unknown', { currency: 'XXL' }],
    ['amount-malformed', { amount: '12,50' }],
    ['amount-malformed', { amount: '-1' }],
    ['amount-malformed', { amount: '1e400' }],
  ])('is not recorded with the fault %s: %j', (code, report) => {
    const message = received(1, 1, report as Partial<OpportunityReport>);
    expect(() => receive(message, opportunity.initial)).toThrow(Refused);
    expect(() => receive(message, opportunity.initial)).toThrow(expect.objectContaining({ code }));
  });
});

const complete = fc.record({
  name: fc.constantFrom('Acme', null),
  accountId: fc.constantFrom('acme', 'beta'),
  amount: fc.constantFrom('10', '20.5'),
  currency: fc.constantFrom('EUR', 'JPY'),
  stage: fc.constantFrom('discovery', 'proposal'),
  status: fc.constantFrom('open' as const, 'won' as const, 'lost' as const),
  owner: fc.constantFrom('rep-1', null),
  source: fc.constantFrom('webinar', null),
  reason: fc.constantFrom('price', null),
  closeDate: fc.constant(hour(-5).toISOString()),
  openedAt: fc.constant(hour(-9).toISOString()),
  committee: fc.constantFrom([{ keys: ['crm:1'] as const, role: 'contact' }], []),
});

function current({ contacts, ...state }: ReportedState): Record<string, unknown> {
  const DECISIONS = ['reportedAt', 'roles', 'opening', 'events'];
  const fields = Object.entries(state).filter(([name]) => !DECISIONS.includes(name));
  return { ...Object.fromEntries(fields), contacts: contacts.map(({ keys: own, role }) => ({ own, role })) };
}
