import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { Problem, type ProblemError } from './problem.js';

/** Checks bodies and queries of the API against their classes; unknown fields are refused, each fault is named. */
export const validationPipe = (): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    exceptionFactory: (errors) => {
      const all = errors.flatMap((error) => faultsOf(error));
      const detail = all.map(({ path, message }) => `${path}: ${message}`).join('; ');
      return new Problem(400, 'invalid', detail, all);
    },
  });

function faultsOf({ property, constraints, children }: ValidationError, parent = ''): ProblemError[] {
  const path = parent + property;
  const own = Object.values(constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(children ?? []).flatMap((child) => faultsOf(child, `${path}.`))];
}
