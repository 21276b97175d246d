import { stateAt, type Opportunity, type OpportunityEvent } from './opportunity.js';
import { notInFuture } from './opportunity-opening.js';
import { laterOfLastChange } from './opportunity-update.js';

export interface DeleteOpportunity {
  readonly opportunityId: string;
  /** When it was deleted in the CRM; default: now. */
  readonly occurredAt?: Date | undefined;
  readonly now: Date;
}

/**
 * Decides the deletion of an opportunity. With a time, the deletion of an unknown opportunity is recorded as well: earlier
 * reports may arrive later.
 *
 * @throws Refused changed-in-future
 */
export function remove(
  { opportunityId, occurredAt, now }: DeleteOpportunity,
  state: Opportunity,
): OpportunityEvent[] {
  const at = occurredAt
    ? notInFuture(now, occurredAt, 'changed-in-future', 'occurredAt')
    : laterOfLastChange(now, state);
  const then = stateAt(state, at);
  const isKnown = then.deleted || then.status === 'none';
  if (occurredAt ? then.reportedAt.deleted === +at : isKnown) return [];
  return [{ type: 'OpportunityDeleted', occurredAt: at, data: { opportunityId } }];
}
