import { PUBLISHER_KINDS } from '../catalogue-events.js';
import { attributionShape } from '../attribution/settings.js';
import {
  condition,
  date,
  days,
  host,
  id,
  points,
  tests,
  timeZone,
  triggerCondition,
  urlPattern,
} from './condition-shapes.js';
import {
  boolean,
  described,
  integer,
  list,
  matching,
  number,
  object,
  oneOf,
  oneOrMore,
  text,
  uniqueBy,
  withRules,
  type JsonSchema,
  type Shape,
} from './fields.js';
import { CAP_PERIODS, GRADES, type Grading } from './journey-model.js';
import { leadManagementFields } from './lead-management-shapes.js';

const currency = matching(/^[A-Z]{3}$/, 'a currency code of three capital letters');

const stages = withRules(
  list(
    object({
      id,
      name: text,
      enter: withRules(list(object({ name: text, when: condition }, { back: boolean })), uniqueBy('name')),
    }),
  ),
  uniqueBy('id'),
);

const persona = object({ id, name: text, when: list(tests, 1) }, { description: text, stages });

const content = object(
  { id: text, title: text, type: text },
  {
    stage: id,
    personas: list(id),
    alsoServes: list(object({ stage: id }, { personas: list(id, 1) })),
    author: text,
    publisher: oneOf(PUBLISHER_KINDS),
    urls: list(urlPattern),
    eachPage: boolean,
  },
);
/** A catalogue has an entry for each offer. */
const MOST_CONTENTS = 10_000;

const scoreRule = object(
  { name: text, when: condition, points },
  {
    cap: object({ count: integer(1, 1_000_000), per: oneOf(CAP_PERIODS) }),
    oncePerContent: boolean,
    persona: oneOrMore(id),
  },
);

const grades = withRules(
  object({ A: points, B: points, C: points, D: points, E: points }),
  (value: Grading['grades']) => {
    const limits = GRADES.filter((grade) => grade !== 'F').map((grade) => value[grade]);
    return limits.every((limit, index) => index === 0 || limit < (limits[index - 1] ?? 0))
      ? undefined
      : 'must decrease from A to E';
  },
);

/** An empty part of a YAML file is null. */
const attribution: Shape = {
  schema: { anyOf: [attributionShape.schema, { type: 'null' }] },
  check: (value, at) => (value === null ? [] : attributionShape.check(value, at)),
};

/** Every part of a model document. */
export const documentShape = object(
  {
    name: described('Name of this model', text),
    currency: described('ISO 4217; reports are in this currency', currency),
    personas: described(
      'Types of buyers; a lead is the first one whose conditions its traits meet',
      withRules(list(persona), uniqueBy('id')),
    ),
    stages: described("Buying stages, in the order of the buyer's own process", stages),
    scoring: described(
      'Points for signs of progress; the first rule that matches applies',
      object({ halfLifeDays: days, rules: withRules(list(scoreRule), uniqueBy('name')) }),
    ),
  },
  {
    timeZone,
    rates: described(
      'Exchange rates: one unit of `currency` is `rate` units of the currency of reports',
      list(object({ currency, date, rate: number(1e-9, 1e9) }), 0, 100_000),
    ),
    triggers: described(
      'Named events that make a person a motivated buyer',
      withRules(list(object({ id, when: triggerCondition }, { name: text })), uniqueBy('id')),
    ),
    contents: described(
      'Content by id or URL, mapped to stages and personas',
      withRules(list(content, 0, MOST_CONTENTS), uniqueBy('id')),
    ),
    grading: described(
      'Fit: points of all matching rules are added up to a grade',
      object({
        rules: withRules(list(object({ name: text, when: tests, points })), uniqueBy('name')),
        grades,
      }),
    ),
    sessionIdleMinutes: number(1, 1440),
    relays: described('Our sign-in and payment hosts, which are never an origin', list(host)),
    mailProviders: object({}, { add: list(host), remove: list(host) }),
    attribution,
    ...leadManagementFields,
    $schema: text,
  },
);

/** For editors: the JSON Schema of a model document. */
export const MODEL_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:touchline:journey-model',
  title: 'Touchline journey model',
  ...documentShape.schema,
};
