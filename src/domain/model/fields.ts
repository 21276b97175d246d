/** A place in a document: names of fields, and indexes of lists. */
export type Path = readonly (string | number)[];

/** A fault of a document: where it is, and what is wrong there. */
export interface Fault {
  /** `stages[2].enter[0].when.kind` */
  readonly path: string;
  /** The same place, step by step: names may contain dots. */
  readonly steps: Path;
  readonly message: string;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * What a value must be: a check that names every fault, and the JSON Schema (2020-12) that says the same to editors. Both are
 * built by the same call, so they cannot differ.
 */
export interface Shape {
  readonly schema: JsonSchema;
  readonly check: (value: unknown, at: Path) => readonly Fault[];
}

export const faultAt = (steps: Path, message: string): Fault => ({ path: pathText(steps), steps, message });

export const pathText = (steps: Path): string =>
  steps.reduce<string>(
    (before, step) =>
      typeof step === 'number' ? `${before}[${step}]` : before === '' ? step : `${before}.${step}`,
    '',
  );

/** Valid where `holds`. */
const simple = (schema: JsonSchema, holds: (value: unknown) => boolean, message: string): Shape => ({
  schema,
  check: (value, at) => (holds(value) ? [] : [faultAt(at, message)]),
});

/** Adds a description, which editors show. */
export const described = (description: string, shape: Shape): Shape => ({
  ...shape,
  schema: { description, ...shape.schema },
});

export const text = simple(
  { type: 'string', pattern: '\\S' },
  (value) => typeof value === 'string' && value.trim() !== '',
  'must be a non-empty text',
);

export const boolean = simple(
  { type: 'boolean' },
  (value) => typeof value === 'boolean',
  'must be true or false',
);

export const scalar = simple(
  { type: ['string', 'number', 'boolean'] },
  (value) => ['string', 'number', 'boolean'].includes(typeof value),
  'must be a text, a number, true or false',
);

const range = (least: number, most: number): string =>
  Number.isFinite(least) && Number.isFinite(most) ? ` from ${least} to ${most}` : '';

const bounds = (least: number, most: number): JsonSchema => ({
  ...(Number.isFinite(least) && { minimum: least }),
  ...(Number.isFinite(most) && { maximum: most }),
});

export const number = (least = -Infinity, most = Infinity): Shape =>
  simple(
    { type: 'number', ...bounds(least, most) },
    (value) => typeof value === 'number' && value >= least && value <= most && Number.isFinite(value),
    `must be a number${range(least, most)}`,
  );

export const integer = (least: number, most: number): Shape =>
  simple(
    { type: 'integer', ...bounds(least, most) },
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    `must be a whole number${range(least, most)}`,
  );

export const oneOf = (allowed: readonly string[]): Shape =>
  simple(
    { enum: allowed },
    (value) => allowed.includes(value as string),
    `must be one of: ${allowed.join(', ')}`,
  );

/** A text that matches a pattern, which has the flag `u` in JSON Schema; `form` describes it in the message. */
export const matching = (pattern: RegExp, form: string): Shape =>
  simple(
    { type: 'string', pattern: pattern.source },
    (value) => typeof value === 'string' && pattern.test(value),
    `must be ${form}`,
  );

/** A list that a person could still review. */
const LONGEST_LIST = 1_000;

export const list = (item: Shape, least = 0, most = LONGEST_LIST): Shape => ({
  schema: { type: 'array', items: item.schema, ...(least > 0 && { minItems: least }), maxItems: most },
  check(value, at) {
    if (!Array.isArray(value)) return [faultAt(at, 'must be a list')];
    if (value.length < least) return [faultAt(at, `must have at least ${least} entries`)];
    if (value.length > most) return [faultAt(at, `must have at most ${most} entries`)];
    return value.flatMap((entry, index) => item.check(entry, [...at, index]));
  },
});

export const oneOrMore = (item: Shape): Shape => {
  const several = list(item, 1);
  return {
    schema: { anyOf: [item.schema, several.schema] },
    check: (value, at) => (Array.isArray(value) ? several : item).check(value, at),
  };
};

/** An object with fields of any name. */
export const record = (item: Shape, empty: string): Shape => ({
  schema: { type: 'object', additionalProperties: item.schema, minProperties: 1 },
  check(value, at) {
    if (!isObject(value)) return [faultAt(at, 'must be an object')];
    const entries = Object.entries(value);
    if (entries.length === 0) return [faultAt(at, empty)];
    return entries.flatMap(([name, entry]) => item.check(entry, [...at, name]));
  },
});

type Fields = Readonly<Record<string, Shape>>;

const schemasOf = (fields: Fields): JsonSchema =>
  Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]));

/** An object with these fields; `optional` ones may be absent, others are not allowed. */
export const object = (required: Fields, optional: Fields = {}): Shape => {
  const known = { ...required, ...optional };
  const names = Object.keys(known).join(', ');
  return {
    schema: {
      type: 'object',
      properties: schemasOf(known),
      ...(Object.keys(required).length > 0 && { required: Object.keys(required) }),
      additionalProperties: false,
    },
    check(value, at) {
      if (!isObject(value)) return [faultAt(at, 'must be an object')];
      const missing = Object.keys(required).filter((name) => value[name] === undefined);
      const unknown = Object.keys(value).filter((name) => !Object.hasOwn(known, name));
      return [
        ...missing.map((name) => faultAt([...at, name], 'is missing')),
        ...unknown.map((name) => faultAt([...at, name], `is unknown; allowed are: ${names}`)),
        ...Object.entries(known).flatMap(([name, { check }]) =>
          value[name] === undefined ? [] : check(value[name], [...at, name]),
        ),
      ];
    },
  };
};

/** Like `object`, with at least one field. */
export const someOf = (optional: Fields, empty: string): Shape => {
  const { schema, check } = object({}, optional);
  return {
    schema: { ...schema, minProperties: 1 },
    check: (value, at) =>
      isObject(value) && Object.keys(value).length === 0 ? [faultAt(at, empty)] : check(value, at),
  };
};

/** A rule that JSON Schema cannot say, for values of a valid shape; returns the message for a wrong one. */
export type Rule = (value: never, at: Path) => string | readonly Fault[] | undefined;

/** A shape with rules that editors do not know; they are only asked where the shape is right. */
export const withRules = (shape: Shape, ...rules: readonly Rule[]): Shape => ({
  ...shape,
  check(value, at) {
    const faults = shape.check(value, at);
    if (faults.length > 0) return faults;
    for (const rule of rules) {
      const found = rule(value as never, at);
      if (typeof found === 'string') return [faultAt(at, found)];
      if (found && found.length > 0) return found;
    }
    return [];
  },
});

/** Entries with distinct values of the field `name`. */
export const uniqueBy =
  (name: string): Rule =>
  (value: readonly Readonly<Record<string, unknown>>[], at) => {
    const seen = new Set<unknown>();
    return value.flatMap((entry, index) => {
      const again = seen.has(entry[name]);
      seen.add(entry[name]);
      return again ? [faultAt([...at, index, name], `occurs twice: ${String(entry[name])}`)] : [];
    });
  };

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
