import { dayOf, roundedScore } from './lead-words.js';
import { scoreOf, type LeadSnapshot } from './lead-snapshot.js';
import {
  DAY_MS,
  GRADES,
  listOf,
  type Grade,
  type JourneyModel,
  type Scalar,
  type ValueTest,
} from './model/journey-model.js';
import type { LeadDefinition, RequiredTrigger } from './model/lead-management.js';
import { traitTest } from './trait-test.js';

/** One part of a lead definition, checked. */
export interface Checked {
  readonly holds: boolean;
  /** Why, or what is missing, as a phrase in plain words. It names no trait's value: decisions keep it for ever. */
  readonly text: string;
}

/** One part of a lead definition. */
export interface Requirement {
  readonly readsJourney: boolean;
  /** A recycled lead that wakes up is ready without it: sales asked for the lead at that time. */
  readonly isWaivedByWakeUp: boolean;
  check(lead: LeadSnapshot, at: number): Checked;
}

/** The parts of a lead definition that must hold. */
export function requirementsOf(model: JourneyModel, definition: LeadDefinition): Requirement[] {
  const { minScore, minGrade, minStage, traits = {}, triggers = [] } = definition;
  return [
    ...(minScore === undefined ? [] : [scoreRequirement(model, minScore)]),
    ...(minGrade === undefined ? [] : [gradeRequirement(minGrade)]),
    ...(minStage === undefined ? [] : [stageRequirement(model, minStage)]),
    ...Object.entries(traits).map(([name, test]) => traitRequirement(name, test)),
    ...triggers.map((each) => triggerRequirement(model, each)),
  ];
}

const scoreRequirement = (model: JourneyModel, minScore: number): Requirement => ({
  readsJourney: false,
  isWaivedByWakeUp: true,
  check(lead, at) {
    const score = roundedScore(scoreOf(model, lead, at));
    return { holds: score >= minScore, text: `score ${score} of ${minScore}` };
  },
});

/** Grades are in order, the best first. */
const gradeRequirement = (minGrade: Grade): Requirement => ({
  readsJourney: false,
  isWaivedByWakeUp: false,
  check({ grade }) {
    const has = grade === null ? 'no grade, as no traits are known' : `grade ${grade}`;
    const holds = grade !== null && GRADES.indexOf(grade) <= GRADES.indexOf(minGrade);
    const wanted = minGrade === 'A' ? 'A' : `${minGrade} or better`;
    return { holds, text: holds ? `${has} (${wanted})` : `${has}; ${wanted} is required` };
  },
});

function stageRequirement(model: JourneyModel, minStage: string): Requirement {
  const stagesOf = (persona: string | null) =>
    model.personas.find(({ id }) => id === persona)?.stages ?? model.stages;
  return {
    readsJourney: false,
    isWaivedByWakeUp: true,
    check({ persona, stage }) {
      const stages = stagesOf(persona);
      const nameOf = (id: string): string => stages.find((each) => each.id === id)?.name ?? id;
      const wanted = stages.findIndex(({ id }) => id === minStage);
      if (wanted < 0) return { holds: false, text: `the persona has no buying stage ${minStage}` };
      const has = stage === null ? 'no buying stage yet' : `buying stage ${nameOf(stage)}`;
      const holds = stages.findIndex(({ id }) => id === stage) >= wanted;
      const least = `${nameOf(minStage)} or later`;
      return { holds, text: holds ? `${has} (${least})` : `${has}; ${least} is required` };
    },
  };
}

function traitRequirement(name: string, test: ValueTest): Requirement {
  const passes = traitTest({ [name]: test });
  const has = describeTest(test, 'is', 'contains');
  const wanted = describeTest(test, 'must be', 'must contain');
  return {
    readsJourney: false,
    isWaivedByWakeUp: false,
    check({ traits, address }) {
      const holds = passes(traits, address?.email ?? null);
      return { holds, text: `${name} ${holds ? has : wanted}` };
    },
  };
}

/** The predicate of a sentence about a value. */
function describeTest(
  { is, words, atLeast, atMost, known }: ValueTest,
  be: 'is' | 'must be',
  contain: string,
): string {
  const parts: string[] = [];
  if (known !== undefined) parts.push(known ? `${be} known` : `${be} unknown`);
  if (is !== undefined) parts.push(`${be} ${either(listOf<Scalar>(is).map(String))}`);
  if (words !== undefined) parts.push(`${contain} ${either(words)}`);
  if (atLeast !== undefined) parts.push(`${be} at least ${atLeast}`);
  if (atMost !== undefined) parts.push(`${be} at most ${atMost}`);
  return parts.join(' and ');
}

const either = (values: readonly string[]): string =>
  values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`;

function triggerRequirement(model: JourneyModel, { trigger, withinDays }: RequiredTrigger): Requirement {
  const nameOf = (id: string): string => model.triggers.find((each) => each.id === id)?.name ?? id;
  const ids = listOf(trigger);
  const window = withinDays === undefined ? '' : ` within ${withinDays} days`;
  const missing = `trigger ${either(ids.map(nameOf))} was not seen${window}`;
  return {
    readsJourney: true,
    isWaivedByWakeUp: true,
    check({ journey }, at) {
      if (!journey) return { holds: true, text: missing };
      const seen = ids.flatMap((id) => {
        const last = journey.triggers.get(id);
        return last !== undefined && at - last <= (withinDays ?? Infinity) * DAY_MS ? [{ id, last }] : [];
      });
      const [latest] = seen.sort((a, b) => b.last - a.last);
      if (!latest) return { holds: false, text: missing };
      return { holds: true, text: `trigger ${nameOf(latest.id)} on ${dayOf(latest.last)}` };
    },
  };
}
