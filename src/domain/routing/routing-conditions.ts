import { leadRule, type LeadRule } from '../lead-condition.js';
import type { LeadSnapshot } from '../lead-snapshot.js';
import type { JourneyModel } from '../model/journey-model.js';
import type { SegmentedCondition } from '../model/lead-management.js';

/** The conditions of a model on who receives a lead and by when it is due. */
export class RoutingConditions {
  /** One of them reads touchpoints. */
  readonly readJourneys: boolean;
  readonly #compiled: ReadonlyMap<SegmentedCondition, LeadRule>;

  constructor(readonly model: JourneyModel) {
    const conditions = [...(model.routing?.rules ?? []), ...(model.serviceLevels ?? [])];
    this.#compiled = new Map(
      conditions.flatMap(({ when }) => (when ? [[when, leadRule(model, when)] as const] : [])),
    );
    this.readJourneys = [...this.#compiled.values()].some(({ readsJourney }) => readsJourney);
  }

  /** Whether a lead meets a condition of the model, the same object, at an instant (ms). */
  matching(lead: LeadSnapshot, at: number): (condition: SegmentedCondition) => boolean {
    return (condition) => {
      const rule = this.#compiled.get(condition);
      if (!rule) throw new Error('the condition is not of this model');
      return rule.test(lead, at);
    };
  }
}
