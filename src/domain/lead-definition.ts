import { behaviourCount, leadRule, type LeadRule } from './lead-condition.js';
import { type Exclusion, filterCheck, isMet, type Obstacle, obstaclesOf } from './lead-obstacles.js';
import { scoreSince, type LeadSnapshot } from './lead-snapshot.js';
import { requirementsOf, type Requirement } from './lead-requirements.js';
import { dayOf, leastScore, roundedScore } from './lead-words.js';
import { listOf, type JourneyModel } from './model/journey-model.js';
import type { LeadDefinition } from './model/lead-management.js';

/** Whether a lead is ready for sales, and why. Every entry is a phrase in plain words without personal data. */
export interface Readiness {
  readonly ready: boolean;
  /** What speaks for it. */
  readonly holds: readonly string[];
  /** What is missing, or keeps it from being ready. */
  readonly missing: readonly string[];
}

/** The lead definitions and filters of a model, compiled. */
export interface ReadinessRules {
  /** The model has a lead definition: without one no lead is ever ready. */
  readonly hasDefinitions: boolean;
  /** No lead with a lower score is ready, unless it was recycled. */
  readonly lowestScore: number;
  /** `assess` reads the journey of this lead. */
  readonly readsJourney: (lead: LeadSnapshot) => boolean;
  /**
   * Whether the lead meets the lead definition of its persona at an instant (ms), which is not before its last decision. Without
   * the journey, what reads it is taken to hold: not ready then means not ready.
   */
  readonly assess: (lead: LeadSnapshot, at: number) => Readiness;
  /** What excludes a lead by persona, grade, traits, account, address and consent: the rest of it is not read. */
  readonly exclusions: (lead: LeadSnapshot, at: number) => readonly Exclusion[];
}

const compiled = new WeakMap<JourneyModel, ReadinessRules>();

/** Compiles a model once for each document object. */
export function readinessRules(model: JourneyModel): ReadinessRules {
  let rules = compiled.get(model);
  if (!rules) compiled.set(model, (rules = compile(model)));
  return rules;
}

interface CompiledDefinition {
  readonly personas: readonly string[];
  readonly minScore: number;
  readonly requirements: readonly Requirement[];
  readonly disqualifiers: readonly { readonly name: string; readonly rule: LeadRule }[];
  readonly readsJourney: boolean;
}

function compile(model: JourneyModel): ReadinessRules {
  const definitions = (model.leadDefinitions ?? []).map((each) => compileDefinition(model, each));
  const filters = (model.leadFilters ?? []).map((filter) => ({ filter, rule: leadRule(model, filter.when) }));
  const filtersReadJourney = filters.some(({ rule }) => rule.readsJourney);
  const definitionOf = (persona: string | null): CompiledDefinition | undefined =>
    definitions.find(({ personas }) => persona !== null && personas.includes(persona)) ??
    definitions.find(({ personas }) => personas.length === 0);
  const obstacles = [...obstaclesOf(model), { check: filterCheck(filters) }];
  const excluding: readonly Obstacle[] = [
    ...obstacles,
    { excludes: 'filtered', check: filterCheck(filters.filter(({ rule }) => rule.readsProfileOnly)) },
    {
      excludes: 'disqualified',
      check: (lead, at) => profileDisqualifier(definitionOf(lead.persona), lead, at),
    },
  ];
  return {
    hasDefinitions: definitions.length > 0,
    lowestScore: leastScore(Math.min(...definitions.map(({ minScore }) => minScore))),
    readsJourney: ({ persona, decided }) =>
      filtersReadJourney || decided.status === 'recycled' || (definitionOf(persona)?.readsJourney ?? false),
    assess(lead, at) {
      const definition = definitionOf(lead.persona);
      const kept = obstacles.flatMap(({ check }) => check(lead, at) ?? []);
      if (!definition) return result([], [...kept, noDefinition(model, lead)]);
      const awake = wakeUpOf(lead, at);
      const met = definition.requirements
        .filter(({ isWaivedByWakeUp }) => awake === undefined || !isWaivedByWakeUp)
        .map((requirement) => requirement.check(lead, at));
      const holds = met.filter((each) => each.holds).map(({ text }) => text);
      return result(awake === undefined ? holds : [awake, ...holds], [
        ...kept,
        ...disqualifiersMet(definition, lead, at),
        ...met.filter((each) => !each.holds).map(({ text }) => text),
        ...(awake === undefined ? sinceRecycling(model, definition, lead, at) : []),
      ]);
    },
    exclusions: (lead, at) =>
      excluding.flatMap(({ excludes: code, check }) => {
        const text = code && check(lead, at);
        return code === undefined || text === undefined ? [] : [{ code, text }];
      }),
  };
}

const result = (holds: readonly string[], missing: readonly string[]): Readiness => ({
  ready: missing.length === 0,
  holds,
  missing,
});

function compileDefinition(model: JourneyModel, definition: LeadDefinition): CompiledDefinition {
  const requirements = requirementsOf(model, definition);
  const disqualifiers = (definition.disqualifiers ?? []).map(({ name, when }) => ({
    name,
    rule: leadRule(model, when),
  }));
  return {
    personas: listOf(definition.persona),
    minScore: definition.minScore ?? -Infinity,
    requirements,
    disqualifiers,
    readsJourney:
      requirements.some(({ readsJourney }) => readsJourney) ||
      disqualifiers.some(({ rule }) => rule.readsJourney),
  };
}

function profileDisqualifier(
  definition: CompiledDefinition | undefined,
  lead: LeadSnapshot,
  at: number,
): string | undefined {
  const found = definition?.disqualifiers.find(({ rule }) => rule.readsProfileOnly && rule.test(lead, at));
  return found && `disqualifier of the lead definition: ${found.name}`;
}

const disqualifiersMet = ({ disqualifiers }: CompiledDefinition, lead: LeadSnapshot, at: number): string[] =>
  disqualifiers
    .filter(({ rule }) => isMet(rule, lead, at))
    .map(({ name }) => `disqualifier of the lead definition: ${name}`);

const noDefinition = (
  { personas, leadDefinitions = [] }: JourneyModel,
  { persona }: LeadSnapshot,
): string => {
  if (leadDefinitions.length === 0) return 'the journey model has no lead definition';
  const name = personas.find(({ id }) => id === persona)?.name;
  return `no lead definition is for ${name === undefined ? 'leads without a persona' : `the persona ${name}`}`;
};

/** Why a recycled lead woke up; undefined: it is not recycled, or sleeps. */
function wakeUpOf({ decided, journey }: LeadSnapshot, at: number): string | undefined {
  const { status, since, reason, wakeUp: { wakeAt, wakeWhen } = {} } = decided;
  if (status !== 'recycled' || !since) return undefined;
  if (wakeAt !== undefined && Date.parse(wakeAt) <= at)
    return `woke up on ${dayOf(Date.parse(wakeAt))}, as agreed when it was recycled: ${reason ?? ''}`;
  if (wakeWhen === undefined) return undefined;
  const { atLeast = 1 } = wakeWhen;
  const didSo = !journey || behaviourCount(wakeWhen)(journey, at, +since) >= atLeast;
  return didSo ? `did what it was to wake up by when it was recycled: ${reason ?? ''}` : undefined;
}

/** A lead that sales returned earns its score again: otherwise it came back to them with its next touchpoint. */
function sinceRecycling(
  model: JourneyModel,
  { minScore }: CompiledDefinition,
  { decided: { status, since, wakeUp }, journey }: LeadSnapshot,
  at: number,
): string[] {
  if (status !== 'recycled' || !since || !journey) return [];
  const score = roundedScore(scoreSince(model, journey, +since, at));
  if (score > 0 && score >= minScore) return [];
  const day = wakeUp?.wakeAt === undefined ? '' : `, and sleeps until ${dayOf(Date.parse(wakeUp.wakeAt))}`;
  const wanted = minScore > 0 ? `${minScore}` : 'more than 0';
  return [`was recycled on ${dayOf(+since)}: score since then ${score} of ${wanted}${day}`];
}
