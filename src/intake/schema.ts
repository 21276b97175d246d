import { Ajv, type ErrorObject, type Schema } from 'ajv';
import { reject, type Rejected } from './outcome.js';

/**
 * First fault only; nothing is coerced or defaulted, so a value is what the client sent. Unions of types are plain
 * JSON Schema; strict mode would want them spelled out.
 */
const ajv = new Ajv({ allErrors: false, allowUnionTypes: true });

/** Compiles a schema to a check: undefined when the value passes, else the first fault with its path. */
export function checker(schema: Schema): (value: unknown) => Rejected | undefined {
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? undefined : faultOf(validate.errors?.[0]));
}

function faultOf(error: ErrorObject | undefined): Rejected {
  const path = dotted(error?.instancePath ?? '');
  const params = (error?.params ?? {}) as Params;
  if (params.missingProperty !== undefined) {
    const missing = path === '' ? params.missingProperty : `${path}.${params.missingProperty}`;
    return reject('missing-field', 'is required', missing);
  }
  if (params.allowedValues) {
    const allowed = params.allowedValues.filter((value) => value !== null);
    return reject(`unknown-${path.split('.').at(-1)}`, `must be one of ${allowed.join(', ')}`, path);
  }
  const types = [params.type ?? []].flat().filter((type) => type !== 'null');
  const message = types.length > 0 ? `must be ${types.join(' or ')}` : (error?.message ?? 'is not valid');
  return reject('invalid-field', message, path === '' ? undefined : path);
}

/** What ajv adds to an error, by keyword: required, enum, type. */
interface Params {
  readonly missingProperty?: string;
  readonly allowedValues?: readonly (string | null)[];
  readonly type?: string | readonly string[];
}

/** A JSON pointer as a dotted path. */
const dotted = (pointer: string): string =>
  pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
