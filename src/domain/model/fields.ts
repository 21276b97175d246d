/** A fault of a document: where it is, and what is wrong there. */
export interface Fault {
  /** `stages[2].enter[0].when.kind` */
  readonly path: string;
  readonly message: string;
}

/** Returns the faults of a value at `path`; none if it is valid. */
export type Check = (value: unknown, path: string) => readonly Fault[];

const fault = (path: string, message: string): readonly Fault[] => [{ path, message }];

export const text: Check = (value, path) =>
  typeof value === 'string' && value.trim() !== '' ? [] : fault(path, 'must be a non-empty text');

export const boolean: Check = (value, path) =>
  typeof value === 'boolean' ? [] : fault(path, 'must be true or false');

export const scalar: Check = (value, path) =>
  ['string', 'number', 'boolean'].includes(typeof value)
    ? []
    : fault(path, 'must be a text, a number, true or false');

export const number =
  (least = -Infinity, most = Infinity): Check =>
  (value, path) =>
    typeof value === 'number' && value >= least && value <= most && Number.isFinite(value)
      ? []
      : fault(path, `must be a number${range(least, most)}`);

export const integer =
  (least: number, most: number): Check =>
  (value, path) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? []
      : fault(path, `must be a whole number${range(least, most)}`);

const range = (least: number, most: number): string =>
  Number.isFinite(least) && Number.isFinite(most) ? ` from ${least} to ${most}` : '';

export const oneOf =
  (allowed: readonly string[]): Check =>
  (value, path) =>
    allowed.includes(value as string) ? [] : fault(path, `must be one of: ${allowed.join(', ')}`);

/** A text that matches a pattern; `form` describes it in the message. */
export const matching =
  (pattern: RegExp, form: string): Check =>
  (value, path) =>
    typeof value === 'string' && pattern.test(value) ? [] : fault(path, `must be ${form}`);

/** A custom check; `wrong` returns the message for an invalid value. */
export const custom =
  (wrong: (value: unknown) => string | undefined): Check =>
  (value, path) => {
    const message = wrong(value);
    return message === undefined ? [] : fault(path, message);
  };

export const list =
  (item: Check, least = 0): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return fault(path, 'must be a list');
    if (value.length < least) return fault(path, `must have at least ${least} entries`);
    return value.flatMap((entry, index) => item(entry, `${path}[${index}]`));
  };

export const oneOrMore =
  (item: Check): Check =>
  (value, path) =>
    Array.isArray(value) ? list(item, 1)(value, path) : item(value, path);

export const record =
  (item: Check): Check =>
  (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([name, entry]) => item(entry, joined(path, name)))
      : fault(path, 'must be an object');

/** An object with these fields; `optional` ones may be absent, others are not allowed. */
export const object =
  (required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value, path) => {
    if (!isObject(value)) return fault(path, 'must be an object');
    const known = { ...required, ...optional };
    const missing = Object.keys(required).filter((name) => value[name] === undefined);
    const unknown = Object.keys(value).filter((name) => !Object.hasOwn(known, name));
    return [
      ...missing.flatMap((name) => fault(joined(path, name), 'is missing')),
      ...unknown.flatMap((name) =>
        fault(joined(path, name), `is unknown; allowed are: ${Object.keys(known).join(', ')}`),
      ),
      ...Object.entries(known).flatMap(([name, check]) =>
        value[name] === undefined ? [] : check(value[name], joined(path, name)),
      ),
    ];
  };

export const every =
  (...checks: readonly Check[]): Check =>
  (value, path) => {
    for (const check of checks) {
      const faults = check(value, path);
      if (faults.length > 0) return faults;
    }
    return [];
  };

/** Entries with distinct values of the field `name`. */
export const uniqueBy =
  (name: string): Check =>
  (value, path) => {
    const seen = new Set<unknown>();
    return (value as readonly Record<string, unknown>[]).flatMap((entry, index) => {
      const again = seen.has(entry[name]);
      seen.add(entry[name]);
      return again ? fault(`${path}[${index}].${name}`, `occurs twice: ${String(entry[name])}`) : [];
    });
  };

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
