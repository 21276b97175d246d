import type { Decider, DomainEvent } from './decider.js';
import type { RecordedEvent } from './events.js';

/** What is known of one thing of which every report replaces the one before as a whole. */
export interface Replaced<Event extends ReplacingEvent> {
  /** The latest by `occurredAt`, then id. */
  readonly latest?: Event;
  /** Commands and messages that were decided. */
  readonly correlationIds: readonly string[];
}

type ReplacingType = 'ContentCatalogued' | 'CampaignDefined' | 'InvestmentRecorded';

/** A recorded event has an id, one that was just decided does not. */
export type ReplacingEvent<T extends ReplacingType = ReplacingType> = DomainEvent<T> &
  Partial<Pick<RecordedEvent, 'id' | 'correlationId'>>;

/** The decider of such a thing: the order in which its events were recorded does not matter. */
export const replacedWhole = <Event extends ReplacingEvent>(): Decider<Replaced<Event>, Event> => ({
  initial: { correlationIds: [] },
  evolve: ({ latest, correlationIds }, event) => ({
    latest: latest && isLater(latest, event) ? latest : event,
    correlationIds:
      event.correlationId === undefined ? correlationIds : [...correlationIds, event.correlationId],
  }),
});

/** When something is said, in which command or message. */
export interface Said {
  readonly now: Date;
  readonly correlationId?: string | undefined;
}

/** Decides the event, unless it says what is known, or was decided before. It never goes before what is known. */
export function replace<Event extends ReplacingEvent>(
  event: Omit<Event, 'occurredAt'>,
  { latest, correlationIds }: Replaced<Event>,
  { now, correlationId }: Said,
): Event[] {
  if (correlationId !== undefined && correlationIds.includes(correlationId)) return [];
  if (latest && isSame(latest.data, event.data)) return [];
  const occurredAt = latest && latest.occurredAt > now ? latest.occurredAt : now;
  return [{ ...event, occurredAt, ...(correlationId !== undefined && { correlationId }) } as Event];
}

/** Ids of commands rise with time, so an event without an id is the latest of its time. */
const isLater = (a: ReplacingEvent, b: ReplacingEvent): boolean =>
  +a.occurredAt - +b.occurredAt > 0 ||
  (+a.occurredAt === +b.occurredAt && a.id !== undefined && b.id !== undefined && a.id > b.id);

/** Of values as JSON has them: an undefined field is one that is left out. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) =>
    isSame((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );
}
