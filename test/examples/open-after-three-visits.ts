import { opportunity, type Opportunity, type OpportunityEvent } from '../../src/domain/opportunity.js';
import { decidingReactor } from '../../src/subscriptions/decisions.js';
import type { Reactor } from '../../src/subscriptions/subscription.js';
import { columnsOf, personOf } from './visits.js';

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
