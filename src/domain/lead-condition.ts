import { conditionTest, type TouchContext } from './condition.js';
import { emailKinds, type EmailKind } from './email-kinds.js';
import type { JourneyTouch, LeadJourney, LeadSnapshot } from './lead-snapshot.js';
import { scoreOf } from './lead-snapshot.js';
import type { Memory } from './memory.js';
import { DAY_MS, listOf, type JourneyModel, type OneOrMore } from './model/journey-model.js';
import type {
  AccountCondition,
  Behaviour,
  LeadFacts,
  NumberRange,
  SegmentedCondition,
  TouchCondition,
} from './model/lead-management.js';
import { hostOf, isOrIsBelow } from './relays.js';
import { EVERY_TOUCH, joinTouchesRead, touchesRead, type TouchesRead } from './touches-read.js';
import { traitTest } from './trait-test.js';

/** @param at the instant (ms) at which scores and windows are taken */
export type LeadTest = (lead: LeadSnapshot, at: number) => boolean;

/** The first instant (ms) after another at which a test may come out different although nothing happens; Infinity: never. */
type NextChange = (lead: LeadSnapshot, at: number) => number;

/** A condition on leads, compiled. */
export interface LeadRule {
  /** It reads touchpoints: `test` needs `LeadSnapshot.journey`. */
  readonly readsJourney: boolean;
  /** Which ones; undefined: none. */
  readonly touchesRead: TouchesRead | undefined;
  /** Those, and the touchpoints that what it reads of the lead itself follows from. Profile and account change apart. */
  readonly dependsOn: TouchesRead | undefined;
  /** It reads nothing but who the lead is: persona, grade, address, traits and account. */
  readonly readsProfileOnly: boolean;
  readonly test: LeadTest;
  /** When a score has decayed to a limit, or a touchpoint leaves a window of days. */
  readonly nextChange: NextChange;
}

/** A part of a condition. One without `nextChange` does not change with time. */
interface TimedTest {
  readonly test: LeadTest;
  readonly nextChange?: NextChange;
}

const earliest =
  (parts: readonly Partial<TimedTest>[]): NextChange =>
  (lead, at) =>
    Math.min(...parts.map(({ nextChange }) => nextChange?.(lead, at) ?? Infinity));

/**
 * Compiles a condition on leads.
 *
 * @throws Error when it names a segment that the model does not have; a model that was checked has them all
 */
export function leadRule(model: JourneyModel, condition: SegmentedCondition): LeadRule {
  const { any, none = [], segment, ...facts } = condition;
  const own = factsRule(model, facts);
  const alternatives = any?.map((each) => factsRule(model, each));
  const excluded = none.map((each) => factsRule(model, each));
  const segments = segment === undefined ? undefined : listOf(segment).map((id) => segmentRule(model, id));
  const parts = [own, ...(alternatives ?? []), ...excluded, ...(segments ?? [])];
  return {
    readsJourney: parts.some(({ readsJourney }) => readsJourney),
    touchesRead: joinTouchesRead(parts.map((part) => part.touchesRead)),
    dependsOn: joinTouchesRead(parts.map((part) => part.dependsOn)),
    readsProfileOnly: parts.every(({ readsProfileOnly }) => readsProfileOnly),
    nextChange: earliest(parts),
    test: (lead, at) =>
      own.test(lead, at) &&
      (alternatives?.some(({ test }) => test(lead, at)) ?? true) &&
      !excluded.some(({ test }) => test(lead, at)) &&
      (segments?.some(({ test }) => test(lead, at)) ?? true),
  };
}

/** Whether a lead is in a segment of the model. */
export function segmentRule(model: JourneyModel, id: string): LeadRule {
  const segment = model.segments?.find((each) => each.id === id);
  if (!segment) throw new Error(`there is no segment ${id}`);
  return leadRule(model, segment.when);
}

function factsRule(model: JourneyModel, facts: LeadFacts): LeadRule {
  const { persona, stage, lifecycle, grade, email, score, traits, account, did = [], didNot = [] } = facts;
  const tests: TimedTest[] = [
    ...valueTests(persona, (lead) => lead.persona),
    ...valueTests(stage, (lead) => lead.stage),
    ...valueTests(lifecycle, (lead) => lead.lifecycle),
    ...valueTests(grade, (lead) => lead.grade),
  ].map((test) => ({ test }));
  if (email !== undefined) tests.push({ test: emailTest(model, listOf(email)) });
  if (score) tests.push(scoreTest(model, score));
  if (traits) {
    const test = traitTest(traits);
    tests.push({ test: (lead) => test(lead.traits, lead.address?.email ?? null) });
  }
  if (account) tests.push({ test: accountTest(account) });
  tests.push(...did.map(behaviourTest));
  for (const each of didNot) {
    const { test, nextChange } = behaviourTest(each);
    tests.push({ test: (lead, at) => !test(lead, at), nextChange });
  }
  const touches = joinTouchesRead([...did, ...didNot].map(({ when }) => touchesRead(when)));
  // Mail bounces, and an account may have its domain from a touchpoint.
  const derived = [stage, lifecycle, score, email, account?.domain].some((part) => part !== undefined);
  return {
    readsJourney: did.length + didNot.length > 0,
    touchesRead: touches,
    dependsOn: joinTouchesRead([touches, derived ? EVERY_TOUCH : undefined]),
    readsProfileOnly:
      did.length + didNot.length === 0 && [stage, lifecycle, score].every((part) => part === undefined),
    test: (lead, at) => tests.every(({ test }) => test(lead, at)),
    nextChange: earliest(tests),
  };
}

function valueTests(
  wanted: OneOrMore<string> | undefined,
  valueOf: (lead: LeadSnapshot) => string | null,
): LeadTest[] {
  if (wanted === undefined) return [];
  const values = new Set(listOf(wanted));
  return [
    (lead) => {
      const value = valueOf(lead);
      return value !== null && values.has(value);
    },
  ];
}

function emailTest({ mailProviders }: JourneyModel, kinds: readonly EmailKind[]): LeadTest {
  const kindsOf = emailKinds(mailProviders);
  return ({ address }) => kindsOf(address).some((kind) => kinds.includes(kind));
}

const isWithin = ({ atLeast = -Infinity, atMost = Infinity }: NumberRange, value: number): boolean =>
  value >= atLeast && value <= atMost;

function accountTest({ id, domain, known }: AccountCondition): LeadTest {
  const ids = new Set(listOf(id));
  const isOfDomain = domainTest(listOf(domain));
  return ({ account }) =>
    (known === undefined || known === (account !== null)) &&
    (id === undefined || (account !== null && ids.has(account.id))) &&
    (domain === undefined || isOfDomain(account?.domain));
}

/** Tests a host for some domains, each with its subdomains. */
export function domainTest(domains: readonly string[]): (host: string | null | undefined) => boolean {
  const names = new Set(domains.map(hostOf));
  return (host) => host !== null && host !== undefined && isOrIsBelow(names, host);
}

/** Whether the score is in a range, which it leaves or reaches by decay. */
function scoreTest(model: JourneyModel, range: NumberRange): Required<TimedTest> {
  const test: LeadTest = (lead, at) => isWithin(range, scoreOf(model, lead, at));
  const limits = [range.atLeast, range.atMost].flatMap((limit) => limit ?? []);
  return {
    test,
    nextChange(lead, at) {
      const { score, scoredAt } = lead.score;
      if (scoredAt === null) return Infinity;
      const crossings = limits
        .filter((limit) => limit / score > 0 && limit / score <= 1)
        // A millisecond more: then the limit is passed, whatever was rounded.
        .flatMap((limit) => {
          const near = Math.floor(scoredAt + model.scoring.halfLifeDays * DAY_MS * Math.log2(score / limit));
          return [near, near + 1, near + 2];
        });
      return Math.min(...crossings.filter((each) => each > at && test(lead, each) !== test(lead, at)));
    },
  };
}

/** Whether a lead did something so often within the days before. */
function behaviourTest(behaviour: Behaviour): Required<TimedTest> {
  const timesOf = behaviourTimes(behaviour);
  const { atLeast = 1, withinDays = Infinity } = behaviour;
  return {
    test: (lead, at) => timesOf(journeyOf(lead), at).length >= atLeast,
    nextChange(lead, at) {
      const oldest = timesOf(journeyOf(lead), at).sort((a, b) => b - a)[atLeast - 1];
      return oldest === undefined ? Infinity : Math.floor(oldest + withinDays * DAY_MS) + 1;
    },
  };
}

/**
 * Compiles how often a lead did something within the days of a behaviour before an instant.
 *
 * @returns counts those after `since` only, if given
 */
export function behaviourCount(
  behaviour: Behaviour,
): (journey: LeadJourney, at: number, since?: number) => number {
  const timesOf = behaviourTimes(behaviour);
  return (journey, at, since) => timesOf(journey, at, since).length;
}

/** The same as the times at which it was done, in no order. */
function behaviourTimes({
  when,
  withinDays = Infinity,
}: Behaviour): (journey: LeadJourney, at: number, since?: number) => number[] {
  const test = touchTest(when);
  return ({ touches }, at, since = -Infinity) => {
    // The window includes its first instant, as that of a condition on touchpoints does.
    const from = at - withinDays * DAY_MS;
    const isCounted = (time: number): boolean => time <= at && time >= from && time > since;
    return touches.filter((each) => isCounted(each.touch.at) && test(each)).map(({ touch }) => touch.at);
  };
}

function touchTest(when: TouchCondition): (touch: JourneyTouch) => boolean {
  const test = conditionTest(when, '');
  return ({ touch, content }) => test({ touch, content, ...WITHOUT_PAST } satisfies TouchContext);
}

/** Conditions on one touchpoint read nothing of those before it. */
const NO_MEMORY: Memory = { read: () => undefined, write: () => undefined };
const WITHOUT_PAST = { fired: [], memory: NO_MEMORY, lastAt: null };

function journeyOf({ journey, leadId }: LeadSnapshot): LeadJourney {
  if (!journey) throw new Error(`the journey of lead ${leadId} was not read`);
  return journey;
}
