import { checkAttribution } from '../attribution/settings.js';
import {
  oneOf,
  every,
  uniqueBy,
  isObject,
  matching,
  list,
  number,
  object,
  oneOrMore,
  record,
  scalar,
  text,
  boolean,
  custom,
  integer,
  type Check,
  type Fault,
} from './fields.js';
import {
  CAP_PERIODS,
  GRADES,
  listOf,
  type BuyingStage,
  type Condition,
  type JourneyModel,
} from './journey-model.js';
import { CHANNELS, TOUCHPOINT_KINDS } from '../touchpoint.js';

const id = matching(/^[a-z0-9][a-z0-9_.-]{0,99}$/i, 'an id of letters, digits, "-", "_" and "."');
const currency = matching(/^[A-Z]{3}$/, 'a currency code of three capital letters');
const host = matching(
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,}$/u,
  'a host such as login.acme.com (it includes its subdomains)',
);
const days = number(0.001, 36_500);
const points = number(-1_000_000, 1_000_000);

const isDay = (text: string): boolean => {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
};

const date = custom((value) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && isDay(value)
    ? undefined
    : 'must be a date in the form YYYY-MM-DD, in quotes',
);

/** By region and place: abbreviations and offsets mean other days in SQL than in JavaScript, PST and +01:00 among them. */
const timeZone = custom((value) =>
  typeof value === 'string' && /^(?:UTC|GMT|[a-z]+\/.+)$/i.test(value) && isTimeZone(value)
    ? undefined
    : 'must be a time zone such as Europe/Berlin or UTC',
);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const urlPattern = every(
  text,
  custom((value) => {
    const [, query, hash] = /^[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(value as string) ?? [];
    if (((value as string).match(/\*+/g) ?? []).length > 4) return 'must have at most four wildcards';
    if (query !== undefined && !/^[^&=]+=[^&]+(?:&[^&=]+=[^&]+)*$/.test(query))
      return 'must have parameters with values, such as ?id=*';
    return hash === undefined || /^!?\//.test(hash)
      ? undefined
      : 'must have a route after #, such as #/pricing; other fragments are not supported';
  }),
);

const valueTest = every(
  object(
    {},
    { is: oneOrMore(scalar), words: list(text, 1), atLeast: number(), atMost: number(), known: boolean },
  ),
  custom((value) => (Object.keys(value as object).length > 0 ? undefined : 'must have at least one test')),
);
const tests = every(
  record(valueTest),
  custom((value) => (Object.keys(value as object).length > 0 ? undefined : 'must have at least one test')),
);

const plain: Readonly<Record<string, Check>> = {
  kind: oneOrMore(oneOf(TOUCHPOINT_KINDS)),
  channel: oneOrMore(oneOf(CHANNELS)),
  source: oneOrMore(text),
  campaign: oneOrMore(text),
  name: oneOrMore(text),
  property: tests,
  content: object(
    {},
    { id: oneOrMore(text), type: oneOrMore(text), stage: oneOrMore(id), url: oneOrMore(urlPattern) },
  ),
  afterSilenceDays: days,
  count: object({ atLeast: integer(1, 1000) }, { withinDays: days }),
};
const condition = object(
  {},
  {
    ...plain,
    trigger: oneOrMore(id),
    afterTrigger: object({ trigger: oneOrMore(id), withinDays: days }),
  },
);

const stages = every(
  list(
    object({
      id,
      name: text,
      enter: every(list(object({ name: text, when: condition }, { back: boolean })), uniqueBy('name')),
    }),
  ),
  uniqueBy('id'),
);

const persona = object({ id, name: text, when: list(tests, 1) }, { description: text, stages });

const content = object(
  { id: text, title: text, type: text },
  { stage: id, personas: list(id), author: text, publisher: text, urls: list(urlPattern), eachPage: boolean },
);

const scoreRule = object(
  { name: text, when: condition, points },
  {
    cap: object({ count: integer(1, 1_000_000), per: oneOf(CAP_PERIODS) }),
    oncePerContent: boolean,
    persona: oneOrMore(id),
  },
);

const grades = every(
  object({ A: points, B: points, C: points, D: points, E: points }),
  custom((value) => {
    const limits = GRADES.filter((grade) => grade !== 'F').map(
      (grade) => (value as Record<string, number>)[grade] ?? 0,
    );
    return limits.every((limit, index) => index === 0 || limit < (limits[index - 1] ?? 0))
      ? undefined
      : 'must decrease from A to E';
  }),
);

const attribution: Check = (value, path) => {
  const checked = checkAttribution(value);
  if ('settings' in checked) return [];
  return checked.faults.map((found) => ({
    ...found,
    path: found.path === '' ? path : `${path}.${found.path}`,
  }));
};

const document = object(
  {
    name: text,
    currency,
    personas: every(list(persona), uniqueBy('id')),
    stages,
    scoring: object({
      halfLifeDays: days,
      rules: every(list(scoreRule), uniqueBy('name')),
    }),
  },
  {
    timeZone,
    rates: list(object({ currency, date, rate: number(1e-9, 1e9) })),
    triggers: every(list(object({ id, when: object({}, plain) }, { name: text })), uniqueBy('id')),
    contents: every(list(content), uniqueBy('id')),
    grading: object({
      rules: every(list(object({ name: text, when: tests, points })), uniqueBy('name')),
      grades,
    }),
    sessionIdleMinutes: number(1, 1440),
    relays: list(host),
    mailProviders: object({}, { add: list(host), remove: list(host) }),
    attribution,
  },
);

const NO_GRADING: JourneyModel['grading'] = { rules: [], grades: { A: 80, B: 60, C: 40, D: 20, E: 0.001 } };

/**
 * Reads a journey model document as it comes from YAML or JSON. Every fault is found, with its path; without faults
 * the model has all parts, those that were left out with their defaults.
 */
export function checkModel(
  value: unknown,
): { readonly model: JourneyModel } | { readonly faults: readonly Fault[] } {
  const faults = document(value, '');
  if (faults.length > 0 || !isObject(value)) return { faults };
  const { settings } = checkAttribution(value['attribution']) as { settings: JourneyModel['attribution'] };
  const model: JourneyModel = {
    ...{
      timeZone: 'UTC',
      rates: [],
      triggers: [],
      contents: [],
      grading: NO_GRADING,
      sessionIdleMinutes: 30,
    },
    ...(value as unknown as JourneyModel),
    attribution: settings,
  };
  const loose = looseEnds(model);
  return loose.length > 0 ? { faults: loose } : { model };
}

/** Names that nothing in the document has. */
function looseEnds(model: JourneyModel): readonly Fault[] {
  const all = [...model.stages, ...model.personas.flatMap((each) => each.stages ?? [])];
  const stageIds = new Set(all.map((stage) => stage.id));
  const personas = new Set(model.personas.map((each) => each.id));
  const triggers = new Set(model.triggers.map((each) => each.id));
  const missing = (
    names: readonly string[],
    known: ReadonlySet<string>,
    path: string,
    what: string,
  ): Fault[] =>
    names
      .filter((name) => !known.has(name))
      .map((name) => ({ path, message: `the ${what} ${name} does not exist` }));
  const inCondition = (when: Condition, path: string): Fault[] => [
    ...missing(listOf(when.trigger), triggers, `${path}.trigger`, 'trigger'),
    ...missing(listOf(when.afterTrigger?.trigger), triggers, `${path}.afterTrigger.trigger`, 'trigger'),
    ...missing(listOf(when.content?.stage), stageIds, `${path}.content.stage`, 'stage'),
  ];
  const inStages = (list: readonly BuyingStage[], path: string): Fault[] =>
    list.flatMap(({ enter }, at) =>
      enter.flatMap(({ when }, nth) => inCondition(when, `${path}[${at}].enter[${nth}].when`)),
    );
  return [
    ...inStages(model.stages, 'stages'),
    ...model.personas.flatMap((each, at) => inStages(each.stages ?? [], `personas[${at}].stages`)),
    ...model.triggers.flatMap(({ when }, at) => inCondition(when, `triggers[${at}].when`)),
    ...model.scoring.rules.flatMap(({ when, persona: only }, at) => [
      ...inCondition(when, `scoring.rules[${at}].when`),
      ...missing(listOf(only), personas, `scoring.rules[${at}].persona`, 'persona'),
    ]),
    ...model.contents.flatMap((each, at) => [
      ...missing(listOf(each.stage), stageIds, `contents[${at}].stage`, 'stage'),
      ...missing(each.personas ?? [], personas, `contents[${at}].personas`, 'persona'),
    ]),
  ];
}
