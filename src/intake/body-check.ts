import type { TSchema } from 'typebox';
import { Problem } from '../http/problem.js';
import { checker, type Static } from './schema.js';

/** Checks a body. @throws Problem 400, naming the first field at fault */
export function checkBody<T extends TSchema>(schema: T): (value: unknown) => Static<T> {
  const check = checker(schema);
  return (value) => {
    const fault = check(value);
    if (fault) throw invalid(fault.rejected);
    return value as Static<T>;
  };
}

/** A body at fault, with the path of the field. */
export function invalid({
  message,
  path = '',
}: {
  readonly message: string;
  readonly path?: string;
}): Problem {
  return new Problem(400, 'invalid', path === '' ? message : `${path}: ${message}`, [{ path, message }]);
}
