import { valueTest } from '../value-test.js';
import {
  listOf,
  type Condition,
  type ContentCondition,
  type Scalar,
  type TraitCondition,
  type ValueTest,
} from './conditions.js';
import { coversTouch } from './coverage.js';
import type { JourneyModel } from './journey-model.js';
import type { Behaviour, LeadFacts, SegmentedCondition } from './lead-management.js';

/** Why conditions can never match: undefined where they can, or where that is not certain. */
export class Matching {
  private readonly deadTriggers: ReadonlySet<string>;

  constructor(private readonly model: JourneyModel) {
    this.deadTriggers = new Set();
    this.deadTriggers = new Set(
      model.triggers.filter(({ when }) => this.whyNever(when) !== undefined).map(({ id }) => id),
    );
  }

  /** Why no touchpoint matches. */
  whyNever(when: Condition): string | undefined {
    return (
      (when.property && this.whyNeverTraits(when.property)) ??
      (when.content && this.whyNotContent(when.content)) ??
      this.whyNotTrigger(when) ??
      this.whyNotAfterTrigger(when) ??
      whyNotCount(when)
    );
  }

  /** Why no traits match. */
  whyNeverTraits(tests: TraitCondition): string | undefined {
    const name = Object.entries(tests).find(([, each]) => isContradiction(each))?.[0];
    return name === undefined ? undefined : `no value of ${name} passes all its tests`;
  }

  /** Why no lead matches. */
  whyNeverLead(when: SegmentedCondition): string | undefined {
    const { any, ...facts } = when;
    const reasons = any?.map((each) => this.whyNotFacts(each));
    return (
      this.whyNotFacts(facts) ??
      (reasons?.every((reason) => reason !== undefined)
        ? `none of \`any\` can match: ${reasons[0]}`
        : undefined)
    );
  }

  private whyNotFacts({
    traits,
    account,
    did = [],
    didNot = [],
    persona,
    stage,
  }: LeadFacts): string | undefined {
    if (account?.known === false && (account.id !== undefined || account.domain !== undefined))
      return 'an account cannot be unknown and have an id or domain';
    const excluded = did.findIndex((each) => didNot.some((other) => coversBehaviour(other, each)));
    if (excluded >= 0) return `did[${excluded}] is excluded by didNot`;
    const reason =
      (traits && this.whyNeverTraits(traits)) ?? this.whyNotStage(listOf(persona), listOf(stage));
    return reason ?? did.map(({ when }) => this.whyNever(when)).find((each) => each !== undefined);
  }

  private whyNotStage(personas: readonly string[], stages: readonly string[]): string | undefined {
    if (personas.length === 0 || stages.length === 0) return undefined;
    const reachable = this.model.personas
      .filter(({ id }) => personas.includes(id))
      .flatMap((each) => each.stages ?? this.model.stages);
    return reachable.some(({ id }) => stages.includes(id))
      ? undefined
      : `the persona ${personas.join(', ')} has no stage ${stages.join(', ')}`;
  }

  /** Stages are only those of the catalogue; ids and types may also be sent by collectors. */
  private whyNotContent({ id, type, stage }: ContentCondition): string | undefined {
    if (stage === undefined) return undefined;
    const stages = listOf(stage);
    const mapped = this.model.contents.filter((each) => stages.includes(each.stage ?? ''));
    if (mapped.length === 0) return `no content is mapped to the stage ${stages.join(', ')}`;
    const ofType = mapped.filter((each) => type === undefined || listOf(type).includes(each.type));
    if (ofType.length === 0)
      return `no content of the type ${listOf(type).join(', ')} is mapped to the stage ${stages.join(', ')}`;
    return ofType.some((each) => id === undefined || each.eachPage === true || listOf(id).includes(each.id))
      ? undefined
      : `no content with the id ${listOf(id).join(', ')} is mapped to the stage ${stages.join(', ')}`;
  }

  private whyNotTrigger({ kind, trigger }: Condition): string | undefined {
    if (trigger === undefined) return undefined;
    const live = this.model.triggers.filter(
      ({ id }) => listOf(trigger).includes(id) && !this.deadTriggers.has(id),
    );
    const names = listOf(trigger).join(', ');
    if (live.length === 0) return `the trigger ${names} never matches`;
    const fits = live.some(
      ({ when }) =>
        kind === undefined ||
        when.kind === undefined ||
        listOf(kind).some((each) => listOf(when.kind).includes(each)),
    );
    return fits ? undefined : `the trigger ${names} is never of the kind ${listOf(kind).join(', ')}`;
  }

  private whyNotAfterTrigger({ afterTrigger }: Condition): string | undefined {
    const names = listOf(afterTrigger?.trigger);
    return names.length > 0 && names.every((name) => this.deadTriggers.has(name))
      ? `the trigger ${names.join(', ')} never matches`
      : undefined;
  }
}

const whyNotCount = ({ afterSilenceDays = 0, count }: Condition): string | undefined =>
  count && count.atLeast > 1 && afterSilenceDays > (count.withinDays ?? Infinity)
    ? `after ${afterSilenceDays} days of silence nothing was seen within ${count.withinDays} days`
    : undefined;

function isContradiction({ is, ...rest }: ValueTest): boolean {
  const { known, atLeast = -Infinity, atMost = Infinity } = rest;
  if (atLeast > atMost) return true;
  // Only what is unknown meets it, and that meets no other test.
  if (known === false) return is !== undefined || Object.keys(rest).length > 1;
  const passes = valueTest(rest);
  // A client may send either.
  return is !== undefined && !listOf<Scalar>(is).some((value) => passes(value) || passes(String(value)));
}

const coversBehaviour = (wide: Behaviour, narrow: Behaviour): boolean =>
  coversTouch(wide.when, narrow.when) &&
  (wide.atLeast ?? 1) <= (narrow.atLeast ?? 1) &&
  (wide.withinDays ?? Infinity) >= (narrow.withinDays ?? Infinity);
