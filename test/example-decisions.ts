// A projection and a rule with its reactor, as small as they get: what CONTRIBUTING says of adding one is shown by these.
import type { RecordedEvent } from '../src/domain/events.js';
import { opportunity, type Opportunity, type OpportunityEvent } from '../src/domain/opportunity.js';
import { decidingReactor } from '../src/subscriptions/decisions.js';
import type { Projection, Reactor } from '../src/subscriptions/subscription.js';

/** What its migration would have. */
export const EXAMPLE_TABLE = `CREATE TABLE touchline.example_visit (
  workspace text, person text, position bigint, PRIMARY KEY (workspace, person, position))`;

/** Each visit of a person, with its position: so that the number of them can be asked as of any position. */
export const visits: Projection = {
  name: 'example_visits',
  version: 1,
  handles: ['TouchpointRecorded'],
  after: [],
  tables: ['touchline.example_visit'],
  async apply(batch, tx) {
    await tx.query(
      'INSERT INTO touchline.example_visit SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])',
      columnsOf(batch),
    );
  },
};

/** A person's every third visit opens an opportunity, or moves the one there is to another stage. */
export const openAfterThreeVisits = (rebuild: Reactor['rebuild'] = 'never'): Reactor =>
  decidingReactor<Visitor, Opportunity, OpportunityEvent>({
    name: 'example_open_after_three_visits',
    version: 1,
    handles: ['TouchpointRecorded'],
    after: ['example_visits'],
    startFrom: 'beginning',
    rebuild,
    decider: opportunity,
    async load(batch, tx) {
      const { rows } = await tx.query<{ count: number }>(
        `SELECT (SELECT count(*)::int FROM touchline.example_visit v
                 WHERE v.workspace = e.workspace AND v.person = e.person AND v.position <= e.position) AS count
         FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY e (workspace, person, position, nr)
         ORDER BY nr`,
        columnsOf(batch),
      );
      return batch.map((event, index) => {
        const count = rows[index]?.count ?? 0;
        return count > 0 && count % 3 === 0 ? { stream: `opportunity-${personOf(event)}`, count } : undefined;
      });
    },
    decide({ occurredAt, ...event }, { count }, state) {
      const opportunityId = personOf(event);
      const stage = `after ${count} visits`;
      return state.opening
        ? { type: 'OpportunityChanged', occurredAt, data: { opportunityId, stage } }
        : { type: 'OpportunityOpened', occurredAt, data: { opportunityId, currency: 'EUR', stage } };
    },
  });

interface Visitor {
  readonly stream: string;
  readonly count: number;
}

const personOf = ({ type, data }: Pick<RecordedEvent, 'type' | 'data'>): string =>
  type === 'TouchpointRecorded' && 'identity' in data ? String(data.identity[0]) : '';

const columnsOf = (batch: readonly RecordedEvent[]): unknown[] => [
  batch.map(({ workspace }) => workspace),
  batch.map(personOf),
  batch.map(({ position }) => String(position)),
];

export interface Decided {
  readonly cause: string | null;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
}

/** The decisions in a log of touchpoints, each stream's in order. */
export const decisionsIn = (log: readonly RecordedEvent[]): Decided[] =>
  log
    .filter(({ stream }) => stream.startsWith('opportunity-'))
    .map(({ causationId, stream, version, type }) => ({ cause: causationId ?? null, stream, version, type }))
    .sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.version - b.version));

/** What the rule should have decided: a person's every third visit, once, in order. */
export function decisionsWanted(log: readonly RecordedEvent[]): Decided[] {
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
