import type { Touch } from '../src/domain/condition.js';
import { leadLifecycle } from '../src/domain/lead-lifecycle.js';
import { leadUnderModel, type LeadSnapshot } from '../src/domain/lead-snapshot.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import type { Traits } from '../src/domain/touchpoint.js';

/** A known lead with these traits and touchpoints under a model, as projections would have it. */
export function leadUnder(
  model: JourneyModel,
  traits: Traits,
  touches: readonly Touch[],
  rest: Partial<LeadSnapshot> = {},
): LeadSnapshot {
  const lead: LeadSnapshot = {
    ...{
      leadId: 'lead-ada',
      known: true,
      emailDomain: null,
      address: null,
      lifecycle: 'engaged',
      account: null,
      traits,
    },
    ...{ persona: null, stage: null, grade: null, score: { score: 0, scoredAt: null } },
    ...{ optedOutAt: null, hasOpenOpportunity: false, decided: leadLifecycle.initial },
  };
  return { ...leadUnderModel(model, lead, touches), ...rest };
}

let touched = 0;
/** @param at ms */
export const touch = (at: number, kind: Touch['kind'], rest: Partial<Touch> = {}): Touch => ({
  ...{
    id: `touch-${String((touched += 1)).padStart(6, '0')}`,
    at,
    kind,
    channel: 'direct',
    verdict: 'human',
  },
  ...rest,
});
