import { EMAIL_KINDS } from '../email-kinds.js';
import { LIFECYCLES } from '../lifecycle.js';
import { GRADES } from './conditions.js';
import { date, days, host, id, tests, timeZone, touchCondition } from './condition-shapes.js';
import {
  boolean,
  faultAt,
  integer,
  list,
  matching,
  number,
  object,
  oneOf,
  oneOrMore,
  someOf,
  text,
  uniqueBy,
  withRules,
  type Rule,
} from './fields.js';
import {
  FILTER_OUTCOMES,
  INVESTMENT_PERIODS,
  RECIPIENT_KINDS,
  ROUTING_STRATEGIES,
  WEEKDAYS,
  type DayRange,
  type HourRange,
  type Holiday,
  type LeadDefinition,
  type NumberRange,
  type ServiceLevel,
} from './lead-management.js';

const score = number(-1e9, 1e9);
const hours = number(0.01, 8_760);

const scoreRange = withRules(
  someOf({ atLeast: score, atMost: score }, 'must have atLeast or atMost'),
  ({ atLeast = -Infinity, atMost = Infinity }: NumberRange) =>
    atLeast <= atMost ? undefined : 'must have an atLeast that is not above atMost',
);
export const behaviour = object({ when: touchCondition }, { atLeast: integer(1, 1000), withinDays: days });
const leadFacts = {
  persona: oneOrMore(id),
  stage: oneOrMore(id),
  lifecycle: oneOrMore(oneOf(LIFECYCLES)),
  grade: oneOrMore(oneOf(GRADES)),
  email: oneOrMore(oneOf(EMAIL_KINDS)),
  score: scoreRange,
  traits: tests,
  account: someOf(
    { id: oneOrMore(text), domain: oneOrMore(host), known: boolean },
    'must have id, domain or known',
  ),
  did: list(behaviour, 1),
  didNot: list(behaviour, 1),
};
const NO_PART = 'must have at least one part';
const alternatives = list(someOf(leadFacts, NO_PART), 1);
const leadParts = { ...leadFacts, any: alternatives, none: alternatives };
const leadCondition = someOf(leadParts, NO_PART);
const segmentedCondition = someOf({ ...leadParts, segment: oneOrMore(id) }, NO_PART);

/** One definition for a persona, and one for all others. */
const onePerPersona: Rule = (value: readonly LeadDefinition[], at) => {
  const seen = new Set<string>();
  return value.flatMap(({ persona = '' }, index) =>
    [persona].flat().flatMap((name) => {
      const again = seen.has(name);
      seen.add(name);
      if (!again) return [];
      return [
        name === ''
          ? faultAt([...at, index], 'is the second lead definition without a persona')
          : faultAt([...at, index, 'persona'], `has a lead definition already: ${name}`),
      ];
    }),
  );
};

const leadDefinition = someOf(
  {
    persona: oneOrMore(id),
    minScore: score,
    minGrade: oneOf(GRADES),
    minStage: id,
    traits: tests,
    triggers: list(object({ trigger: oneOrMore(id) }, { withinDays: days }), 1),
    disqualifiers: withRules(list(object({ name: text, when: leadCondition })), uniqueBy('name')),
  },
  'must have at least one requirement',
);

const dayRange = withRules(object({ from: date, to: date }), ({ from, to }: DayRange) =>
  from < to ? undefined : 'must have a `to`, the day of return, after `from`',
);
const recipient = object(
  { id, name: text, kind: oneOf(RECIPIENT_KINDS) },
  {
    email: matching(/^[^\s@]+@[^\s@]+$/, 'an e-mail address'),
    timeZone,
    capacity: integer(0, 100_000),
    personas: list(id, 1),
    territories: list(id, 1),
    businessHours: id,
    outOfOffice: list(dayRange),
  },
);
const territory = object(
  { id, name: text },
  {
    countries: list(matching(/^[A-Z]{2}$/, 'a country code of two capital letters'), 1),
    when: list(tests, 1),
  },
);
const routingRule = object(
  { name: text },
  {
    when: segmentedCondition,
    territory: oneOrMore(id),
    recipients: list(id, 1),
    kind: oneOrMore(oneOf(RECIPIENT_KINDS)),
    strategy: oneOf(ROUTING_STRATEGIES),
  },
);
const routing = object(
  { recipients: withRules(list(recipient), uniqueBy('id')) },
  {
    strategy: oneOf(ROUTING_STRATEGIES),
    accountOwnerFirst: boolean,
    managers: withRules(list(object({ id, name: text })), uniqueBy('id')),
    territories: withRules(list(territory), uniqueBy('id')),
    rules: withRules(list(routingRule), uniqueBy('name')),
  },
);

const hour = matching(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time in the form HH:MM, in quotes');
/** In order and apart, so that none counts twice. */
const apart: Rule = (ranges: readonly HourRange[], at) =>
  ranges.flatMap(({ from, to }, index) => {
    const before = ranges[index - 1]?.to ?? '';
    if (from >= to) return [faultAt([...at, index], 'must have a `to` after `from`')];
    return from < before ? [faultAt([...at, index], `must begin at ${before} or later`)] : [];
  });
const workingHours = withRules(list(object({ from: hour, to: hour }), 1, 24), apart);
const distinctDates: Rule = (holidays: readonly Holiday[], at) => uniqueBy('date')(holidays as never, at);
const businessHours = object(
  {
    id,
    week: someOf(
      Object.fromEntries(WEEKDAYS.map((day) => [day, workingHours])),
      'must have hours of at least one day',
    ),
  },
  { name: text, timeZone, holidays: withRules(list(object({ date }, { name: text })), distinctDates) },
);
const serviceLevel = withRules(
  object(
    { name: text, dueWithinHours: hours },
    { when: segmentedCondition, warnHoursBefore: hours, businessHours: id },
  ),
  ({ dueWithinHours, warnHoursBefore = 0 }: ServiceLevel) =>
    warnHoursBefore < dueWithinHours ? undefined : 'must have a warnHoursBefore below dueWithinHours',
);

/** The parts of a model document about leads. */
export const leadManagementFields = {
  leadDefinitions: withRules(list(leadDefinition), onePerPersona),
  leadFilters: withRules(
    list(object({ name: text, when: segmentedCondition, outcome: oneOf(FILTER_OUTCOMES) })),
    uniqueBy('name'),
  ),
  segments: withRules(
    list(object({ id, name: text, when: leadCondition }, { description: text })),
    uniqueBy('id'),
  ),
  routing,
  businessHours: withRules(list(businessHours), uniqueBy('id')),
  serviceLevels: withRules(list(serviceLevel), uniqueBy('name')),
  nurture: withRules(list(object({ name: text, when: touchCondition })), uniqueBy('name')),
  internalDomains: list(host),
  competitorDomains: list(host),
  investments: object({ period: oneOf(INVESTMENT_PERIODS) }, { fiscalYearStart: integer(1, 12) }),
};
