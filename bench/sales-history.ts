import type { NewEvent } from '../src/domain/events.js';
import type { NewFact } from '../src/event-store/event-store.js';

const TITLES = ['CTO', 'CFO', 'Marketing manager', 'Gardener'] as const;
const SOURCES = ['google', 'newsletter', 'webinar', 'partner'] as const;

/** The history of `historyEvents`, in which people have titles and so personas, and of five opportunities one is lost and one stays open. */
export function* salesHistory(events: Iterable<NewFact>): Generator<NewFact> {
  for (const fact of events) {
    const event = varied(fact.event);
    if (event) yield { ...fact, event };
  }
}

function varied(event: NewEvent): NewEvent | undefined {
  switch (event.type) {
    case 'TouchpointRecorded': {
      const title = TITLES[hashOf(event.data.identity[0] ?? '') % TITLES.length] ?? 'CTO';
      return event.data.identity.length > 1
        ? { ...event, data: { ...event.data, traits: { title } } }
        : event;
    }
    case 'OpportunityOpened': {
      const source = SOURCES[hashOf(event.data.opportunityId) % SOURCES.length] ?? 'google';
      return {
        ...event,
        data: { ...event.data, source, owner: `rep-${hashOf(event.data.opportunityId) % 40}` },
      };
    }
    case 'OpportunityWon': {
      const { opportunityId } = event.data;
      const outcome = hashOf(opportunityId) % 5;
      if (outcome === 0) return undefined;
      return outcome === 1 ? { ...event, type: 'OpportunityLost', data: { opportunityId } } : event;
    }
    default:
      return event;
  }
}

/** Below a million. */
export const hashOf = (text: string): number =>
  [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
