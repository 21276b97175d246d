import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stageEntriesOf } from '../../test/stage-entries.js';
import { replay } from './decider.js';
import type { IdentityKey } from './identity/keys.js';
import { OpportunityHistory, type ReportedState, type StageEntry } from './opportunity-history.js';
import { opportunity, type OpportunityEvent } from './opportunity.js';

const hour = (at: number): Date => new Date(Date.UTC(2026, 0, 1, at));
const opportunityId = 'opp-1';
const idOf = (nth: number): string => `${String(nth).padStart(8, '0')}-0000-8000-8000-000000000000`;
const opened: OpportunityEvent = {
  ...{ id: idOf(0), type: 'OpportunityOpened', occurredAt: hour(0) },
  data: { opportunityId, currency: 'EUR', amountMinor: 1 },
};
const changed = (nth: number, at: number, data: object): OpportunityEvent => ({
  ...{ id: idOf(nth), type: 'OpportunityChanged', occurredAt: hour(at) },
  data: { opportunityId, ...data },
});

const keys: readonly IdentityKey[] = ['email:ada@acme.example', 'email:bob@acme.example', 'crm:c1'];
const contact = fc.subarray([...keys], { minLength: 1 });
const status = fc.constantFrom(
  {},
  { status: 'won' },
  { status: 'lost', reason: 'price' },
  { status: 'open' },
);
const facts = fc.record(
  {
    amountMinor: fc.constantFrom(1, 7),
    stage: fc.constantFrom('proposal', 'closing', null),
    openedAt: fc.constantFrom(hour(1).toISOString(), hour(3).toISOString()),
    contacts: contact.map((given) => given.map((key) => ({ keys: [key], role: 'user' }))),
  },
  { requiredKeys: [] },
);
const saying = fc.oneof(
  fc.tuple(facts, status).map(([some, more]) => ({ type: 'OpportunityChanged', data: { ...some, ...more } })),
  fc.constant({ type: 'OpportunityOpened', data: { currency: 'EUR', amountMinor: 1 } }),
  fc.constant({ type: 'OpportunityWon', data: { closedAt: hour(4).toISOString() } }),
  fc.constant({ type: 'OpportunityReopened', data: {} }),
  fc.constant({ type: 'OpportunityDeleted', data: {} }),
  fc
    .record({ contact, role: fc.constantFrom('user', 'champion', null) })
    .map((data) => ({ type: 'ContactRoleAssigned', data })),
);
/** Few instants, so that much happens at the same one. */
const events = fc
  .array(fc.tuple(saying, fc.integer({ min: 0, max: 8 })), { minLength: 1, maxLength: 30 })
  .map((all) =>
    all.map(([{ type, data }, at], nth) => {
      return {
        id: idOf(nth),
        type,
        occurredAt: hour(at),
        data: { opportunityId, ...data },
      } as OpportunityEvent;
    }),
  )
  .chain((sorted) => fc.shuffledSubarray(sorted, { minLength: sorted.length }));

/** The entries of a history, kept up to date by its windows alone. */
class Entries {
  readonly history = new OpportunityHistory([]);
  private readonly entries = new Map<string, StageEntry>();
  recomputed = 0;

  insert(event: OpportunityEvent): void {
    const window = this.history.insert(event);
    this.recomputed += window.to - window.from;
    for (const [{ id = '' }, entry] of this.history.stageEntries(window)) {
      if (entry) this.entries.set(id, entry);
      else this.entries.delete(id);
    }
  }

  get sorted(): StageEntry[] {
    return [...this.entries.values()].sort((a, b) => +a.event.occurredAt - +b.event.occurredAt);
  }
}

/** Without what is for decisions alone. */
const reported = ({ contacts, ...state }: ReportedState): object => ({
  ...Object.fromEntries(
    Object.entries(state).filter(([name]) => !['events', 'roles', 'reportedAt'].includes(name)),
  ),
  contacts: contacts.map(({ keys, role, since }) => ({ keys, role, since })),
});

test('a history has the same state and stage entries in any order of arrival', () =>
  fc.assert(
    fc.property(events, (all) => {
      const entries = new Entries();
      all.forEach((event, nth) => {
        entries.insert(event);
        const state = replay(opportunity, all.slice(0, nth + 1));
        expect(reported(entries.history.state)).toEqual(reported(state));
        if (!state.deleted) expect(entries.sorted).toEqual(stageEntriesOf(state));
        const changes = state.events.filter(({ type }) => type !== 'ContactRoleAssigned');
        expect(entries.history.changes).toBe(changes.length);
        expect(entries.history.lastChange).toEqual(changes.at(-1));
      });
    }),
    { numRuns: Number(process.env['FC_RUNS'] ?? 300) },
  ));

describe('an opportunity with many changes folds a constant number of events for each that arrives', () => {
  const changes = Array.from({ length: 2_000 }, (_, nth) =>
    changed(nth + 1, nth + 1, { amountMinor: nth, stage: `stage ${nth % 7}` }),
  );
  const orders: Record<string, readonly OpportunityEvent[]> = {
    'in the order of time': changes,
    'in reverse': changes.toReversed(),
    'a late half after the other': [...changes.slice(1_000), ...changes.slice(0, 1_000)],
    'from both ends': changes.map((_, nth) => changes.at(nth % 2 === 0 ? nth / 2 : -(nth + 1) / 2) ?? opened),
  };
  test.each(Object.entries(orders))('%s', (_, order) => {
    const entries = new Entries();
    for (const event of [opened, ...order]) entries.insert(event);
    expect(entries.recomputed).toBeLessThan(4 * order.length);
  });
});
