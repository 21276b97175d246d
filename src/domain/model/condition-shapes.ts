import { CHANNELS, TOUCHPOINT_KINDS } from '../touchpoint.js';
import {
  boolean,
  integer,
  list,
  matching,
  number,
  object,
  oneOf,
  oneOrMore,
  record,
  scalar,
  someOf,
  text,
  withRules,
} from './fields.js';

export const id = matching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, 'an id of letters, digits, "-", "_" and "."');
export const days = number(0.001, 36_500);
export const points = number(-1_000_000, 1_000_000);
export const host = matching(
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,}$/u,
  'a host such as login.acme.com (it includes its subdomains)',
);

const isDay = (text: string): boolean => {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
};
export const date = withRules(
  matching(/^\d{4}-\d\d-\d\d$/, 'a date in the form YYYY-MM-DD, in quotes'),
  (value: string) => (isDay(value) ? undefined : 'is not a day of the calendar'),
);

/** By region and place: abbreviations and offsets mean other days in SQL than in JavaScript, PST and +01:00 among them. */
export const timeZone = withRules(
  matching(/^(?:[Uu][Tt][Cc]|[Gg][Mm][Tt]|[A-Za-z]+\/.+)$/, 'a time zone such as Europe/Berlin or UTC'),
  (value: string) => (isTimeZone(value) ? undefined : 'is not a known time zone'),
);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const urlPattern = withRules(text, (value: string) => {
  const [, query, hash] = /^[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(value) ?? [];
  if ((value.match(/\*+/g) ?? []).length > 4) return 'must have at most four wildcards';
  if (query !== undefined && !/^[^&=]+=[^&]+(?:&[^&=]+=[^&]+)*$/.test(query))
    return 'must have parameters with values, such as ?id=*';
  return hash === undefined || /^!?\//.test(hash)
    ? undefined
    : 'must have a route after #, such as #/pricing; other fragments are not supported';
});

const NO_TEST = 'must have at least one test';
const valueTest = someOf(
  { is: oneOrMore(scalar), words: list(text, 1), atLeast: number(), atMost: number(), known: boolean },
  NO_TEST,
);
/** Tests of traits or properties by name. */
export const tests = record(valueTest, NO_TEST);

const content = {
  id: oneOrMore(text),
  type: oneOrMore(text),
  stage: oneOrMore(id),
  url: oneOrMore(urlPattern),
};
/** What a touchpoint is by itself. */
const touchParts = {
  kind: oneOrMore(oneOf(TOUCHPOINT_KINDS)),
  channel: oneOrMore(oneOf(CHANNELS)),
  source: oneOrMore(text),
  campaign: oneOrMore(text),
  name: oneOrMore(text),
  property: tests,
  content: object({}, content),
};
const historyParts = {
  ...touchParts,
  afterSilenceDays: days,
  count: object({ atLeast: integer(1, 1000) }, { withinDays: days }),
};

export const touchCondition = object({}, touchParts);
/** Of a trigger, which may not refer to triggers. */
export const triggerCondition = object({}, historyParts);
export const condition = object(
  {},
  {
    ...historyParts,
    trigger: oneOrMore(id),
    afterTrigger: object({ trigger: oneOrMore(id), withinDays: days }),
  },
);
