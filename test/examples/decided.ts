import type { RecordedEvent } from '../../src/domain/events.js';
import { personOf } from './visits.js';

export interface ExampleDecision {
  readonly cause: string | null;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
}

/** The decisions in a log of touchpoints, each stream's in order. */
export const decisionsIn = (log: readonly RecordedEvent[]): ExampleDecision[] =>
  log
    .filter(({ stream }) => stream.startsWith('opportunity-'))
    .map(({ causationId, stream, version = 0, type }) => ({
      cause: causationId ?? null,
      stream,
      version,
      type,
    }))
    .sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.version - b.version));

/** What the rule should have decided: a person's every third visit, once, in order. */
export function decisionsWanted(log: readonly RecordedEvent[]): ExampleDecision[] {
  const touchpoints = log.filter(({ type }) => type === 'TouchpointRecorded');
  const people = Map.groupBy(touchpoints, (event) => `opportunity-${personOf(event)}`);
  return [...people]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([stream, visited]) =>
      visited
        .filter((_, index) => index % 3 === 2)
        .map(({ id }, index) => ({
          cause: id,
          stream,
          version: index + 1,
          type: index === 0 ? 'OpportunityOpened' : 'OpportunityChanged',
        })),
    );
}
