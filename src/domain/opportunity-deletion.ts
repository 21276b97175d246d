import { stateAt, type Opportunity, type OpportunityEvent } from './opportunity.js';
import { notAfter } from './opportunity-opening.js';
import { latest } from './opportunity-update.js';

export interface DeleteOpportunity {
  readonly opportunityId: string;
  /** When it was deleted in the CRM; default: now. */
  readonly occurredAt?: Date | undefined;
  readonly now: Date;
}

/**
 * Decides that the CRM has it no more. With a time it is recorded also of one that is not known yet: what was said of it
 * earlier may come later.
 *
 * @throws Refused changed-in-future
 */
export function remove(
  { opportunityId, occurredAt, now }: DeleteOpportunity,
  state: Opportunity,
): OpportunityEvent[] {
  const at = occurredAt ? notAfter(now, occurredAt, 'changed-in-future', 'occurredAt') : latest(now, state);
  const then = stateAt(state, at);
  const isKnown = then.deleted || then.status === 'none';
  if (occurredAt ? then.saidAt.deleted === +at : isKnown) return [];
  return [{ type: 'OpportunityDeleted', occurredAt: at, data: { opportunityId } }];
}
