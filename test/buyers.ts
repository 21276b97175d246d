import fc from 'fast-check';
import type { DomainEvent } from '../src/domain/decider.js';
import { replay } from '../src/domain/decider.js';
import { eventId } from '../src/domain/event-id.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import { opportunity, type Opportunity } from '../src/domain/opportunity.js';
import { open } from '../src/domain/opportunity-opening.js';
import { update, type UpdateOpportunity } from '../src/domain/opportunity-update.js';
import { upsert, type UpsertOpportunity } from '../src/domain/opportunity-upsert.js';
import { Refused } from '../src/domain/refused.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { increasingId, type Entry } from './sample-events.js';
import { eventsOf, happenings, OTHER_MODEL, published, START, TEST_MODEL } from './journeys.js';

/** Logs of whole workspaces: people who make trouble (journeys.ts), their opportunities and two journey models. */

const DAY = 86_400_000;
const NOW = new Date(START + 300 * DAY);
const at = fc.integer({ min: 0, max: 60 }).map((days) => new Date(START + days * DAY));
const contacts = fc.uniqueArray(
  fc.record({
    keys: fc.constantFrom<readonly IdentityKey[]>(
      ['email:ada@acme.example.com'],
      ['email:bob@acme.example.com'],
      ['crm:c1', 'email:cyd@initech.example.org'],
      ['user:u3'],
    ),
    role: fc.constantFrom('decision_maker', 'champion'),
  }),
  { maxLength: 2, selector: ({ keys }) => keys[0] },
);
const amount = fc.integer({ min: 0, max: 10_000_000 }).map(String);
type Step = Partial<UpdateOpportunity> | { readonly report: Partial<UpsertOpportunity> };
const step: fc.Arbitrary<Step> = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ amount }),
  fc.record({ stage: fc.constantFrom('proposal', 'negotiation') }),
  contacts.map((added) => ({ contacts: added })),
  fc.constant<Step>({ contacts: [{ keys: ['crm:c1'], role: null }] }),
  at.map((closedAt) => ({ status: 'won' as const, closedAt })),
  at.map((closedAt) => ({ status: 'lost' as const, closedAt, reason: 'price' })),
  fc.constant<Step>({ status: 'open' }),
  // What is reported later than it happened, in any order.
  fc.record({ stage: fc.constantFrom('discovery', 'proposal'), amount, occurredAt: at }),
  at.map((occurredAt) => ({ status: 'open' as const, occurredAt })),
  fc
    .record(
      {
        stage: fc.constantFrom('proposal', null),
        status: fc.constantFrom('open' as const, 'won' as const, 'lost' as const, 'deleted' as const),
        accountId: fc.constantFrom('acme', 'initech'),
        contacts,
        occurredAt: at,
      },
      { requiredKeys: [] },
    )
    .map((report) => ({ report })),
);

/** The events of one opportunity; steps that its rules refuse are left out. */
const opportunityOf = (opportunityId: string): fc.Arbitrary<readonly Entry[]> =>
  fc
    .record({
      amount,
      currency: fc.constantFrom('EUR', 'USD', 'JPY'),
      openedAt: at,
      accountId: fc.constantFrom('acme', 'initech'),
      contacts,
      steps: fc.array(step, { maxLength: 6 }),
    })
    .map(({ steps, ...opening }) => {
      const decided: DomainEvent[] = [];
      let state: Opportunity = opportunity.initial;
      const take = (decide: () => readonly DomainEvent[]): void => {
        try {
          const events = decide();
          state = replay(opportunity, events as never, state);
          decided.push(...events);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
        }
      };
      take(() => open({ opportunityId, now: NOW, name: `Opportunity ${opportunityId}`, ...opening }, state));
      for (const each of steps) {
        take(() =>
          'report' in each
            ? upsert({ opportunityId, now: NOW, ...each.report }, state)
            : update({ opportunityId, contacts: [], now: NOW, ...each }, state),
        );
      }
      return decided.map((event, index) => ({
        stream: `opportunity-${opportunityId}`,
        event: {
          ...event,
          id: increasingId(eventId('', 'crm', `${opportunityId} ${index}`), index),
          schemaVersion: 1,
        },
      }));
    });

const RATES = [
  { currency: 'USD', date: '2026-01-10', rate: 0.9 },
  { currency: 'USD', date: '2026-02-10', rate: 0.85 },
];

/** A whole log in an order of arrival that keeps each opportunity's own. */
export const buyers = (people: number): fc.Arbitrary<readonly Entry[]> =>
  fc
    .record({
      journeys: happenings(people).map((all) => all.filter(({ type }) => type !== 'ContactRoleAssigned')),
      opportunities: fc.tuple(opportunityOf('opp-1'), opportunityOf('opp-2'), opportunityOf('opp-3')),
      places: fc.infiniteStream(fc.nat()),
    })
    .map(({ journeys, opportunities, places }) => {
      const slots: { place: number; entry: Entry }[] = eventsOf(journeys).map((event, place) => ({
        place,
        entry: { stream: `journey-${event.id}`, event },
      }));
      const length = slots.length + 1;
      const put = (entries: readonly Entry[]): void => {
        const chosen = entries.map(() => (places.next().value ?? 0) % length).sort((a, b) => a - b);
        slots.push(...entries.map((entry, index) => ({ place: chosen[index] ?? 0, entry })));
      };
      opportunities.forEach(put);
      const models = [
        published({ ...TEST_MODEL, rates: RATES }, 1),
        published({ ...OTHER_MODEL, rates: RATES.slice(1) }, 2),
      ];
      put(models.map((event) => ({ stream: 'model', event })));
      return slots.sort((a, b) => a.place - b.place).map(({ entry }) => entry);
    });

/** What collectors record; all else is decided. */
const FACTS: ReadonlySet<string> = new Set(['TouchpointRecorded', 'IdentityClaimed', 'AccountObserved']);

export async function arrive(store: EventStore, workspace: string, entries: readonly Entry[]): Promise<void> {
  for (const { stream, event } of entries) {
    if (FACTS.has(event.type)) await store.record([{ workspace, stream, event }]);
    else {
      const exact = (await store.readStream(workspace, stream)).at(-1)?.version ?? 0;
      await store.append([{ workspace, stream, expected: { exact }, events: [event] }]);
    }
  }
}
