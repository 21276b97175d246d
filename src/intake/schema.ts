import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { type Static, type TSchema, Type } from 'typebox';
import { reject, type Rejected } from './outcome.js';

/**
 * First fault only; nothing is coerced or defaulted, so a value is what the client sent. Unions of types are plain JSON Schema;
 * strict mode would want them spelled out. Formats such as `date-time` say what a client should send: who reads the field judges it.
 */
const ajv = new Ajv({ allErrors: false, allowUnionTypes: true, validateFormats: false });
/** What clients should send of a field that is not, or less, checked; the API document shows it. */
const ADVISORY = 'x-advisory';
ajv.addVocabulary([ADVISORY, 'example']);

/**
 * The check of a schema: undefined when the value passes, else the first fault with its path. Compiled at its first use: most
 * threads and commands check none of the many formats.
 */
export function checker(schema: TSchema): (value: unknown) => Rejected | undefined {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= ajv.compile(schema);
    return validate(value) ? undefined : faultOf(validate.errors?.[0]);
  };
}

type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';
type Options = Readonly<Record<string, unknown>>;

/** A value of one of several JSON types. */
export const anyOf = <T>(types: readonly JsonType[], options: Options = {}) =>
  Type.Unsafe<T>({ type: [...types], ...options });

/** Null stands for what is left out. */
export const nullableText = (description: string, options: Options = {}) =>
  anyOf<string | null>(['string', 'null'], { description, ...options });

export const nullableObject = (description: string) =>
  anyOf<Readonly<Record<string, unknown>> | null>(['object', 'null'], {
    description,
    additionalProperties: true,
  });

/** The object, or null. */
export const nullable = <T extends TSchema>(
  { type: _, ...object }: T & { type?: unknown },
  description: string,
) => Type.Unsafe<Static<T> | null>({ ...object, type: ['object', 'null'], description });

/** One of the values. Their type is not checked: a value of another is refused in the same words. */
export function oneOf<T extends string | null>(values: readonly T[], description: string) {
  const schema = { enum: [...values], description };
  const type = values.includes(null as T) ? ['string', 'null'] : 'string';
  return Type.Unsafe<T>({ ...schema, [ADVISORY]: { type, ...schema } });
}

/** A schema of the API document by its name. */
export const ref = <T = unknown>(name: string) => Type.Unsafe<T>({ $ref: `#/components/schemas/${name}` });

/** A field that the `read` of a format judges by itself, as it has a better reason or another value for it. Not checked. */
export const advisory = (schema: object) => Type.Unsafe<unknown>({ [ADVISORY]: schema });

/** The schema as the API document shows it. */
export function documented(schema: TSchema): Record<string, unknown> {
  return shown(schema) as Record<string, unknown>;
}

function shown(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(shown);
  if (typeof part !== 'object' || part === null) return part;
  if (ADVISORY in part) return shown(part[ADVISORY]);
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, shown(value)]));
}

export { type Static, type TSchema, Type };

function faultOf(error: ErrorObject | undefined): Rejected {
  const path = dotted(error?.instancePath ?? '');
  const params = (error?.params ?? {}) as Params;
  if (params.missingProperty !== undefined) {
    return reject('missing-field', 'is required', within(path, params.missingProperty));
  }
  if (params.additionalProperty !== undefined)
    return reject('invalid-field', 'is not a known field', within(path, params.additionalProperty));
  if (params.allowedValues) {
    const allowed = params.allowedValues.filter((value) => value !== null);
    return reject(`unknown-${path.split('.').at(-1)}`, `must be one of ${allowed.join(', ')}`, path);
  }
  const types = [params.type ?? []].flat().filter((type) => type !== 'null');
  const message = types.length > 0 ? `must be ${types.join(' or ')}` : (error?.message ?? 'is not valid');
  return reject('invalid-field', message, path === '' ? undefined : path);
}

const within = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** What ajv adds to an error, by keyword: required, additionalProperties, enum, type. */
interface Params {
  readonly missingProperty?: string;
  readonly additionalProperty?: string;
  readonly allowedValues?: readonly (string | null)[];
  readonly type?: string | readonly string[];
}

/** A JSON pointer as a dotted path. */
const dotted = (pointer: string): string =>
  pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
