import { type ArgumentMetadata, type Type, ValidationPipe, type ValidationError } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { Problem, type ProblemError } from './problem.js';

/** Refuses text that PostgreSQL cannot store, whatever else a class allows. */
class StorableTextPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && value === null) {
      throw new Problem(400, 'invalid', 'The body must be a JSON object, not null');
    }
    const checked: unknown = await super.transform(value, metadata);
    // Names in a path are judged by what they name.
    if (metadata.type === 'param') return checked;
    const path = brokenText(checked, metadata.data ?? '');
    if (path === undefined) return checked;
    const message = 'holds a NUL character or half a surrogate pair, which no text may';
    throw new Problem(400, 'invalid', `${path}: ${message}`, [{ path, message }]);
  }
}

/** The path of the first such text. Names are looked at too: a query parameter is one. */
function brokenText(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return isBroken(value) ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const found = isBroken(name) ? at.replaceAll('\0', '').toWellFormed() : brokenText(inner, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isBroken = (text: string): boolean => text.includes('\0') || !text.isWellFormed();

const STRICT = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true } as const;

/** Faults that an answer names at most. */
const MOST_FAULTS = 100;

/** Checks bodies and queries of the API against their classes; unknown fields are refused, each fault is named. */
export const validationPipe = (): ValidationPipe =>
  new StorableTextPipe({
    transform: true,
    ...STRICT,
    exceptionFactory: (errors) => {
      const all = firstFaults(errors);
      const detail = all.map(({ path, message }) => `${path}: ${message}`).join('; ');
      return new Problem(400, 'invalid', detail, all);
    },
  });

/** Checks one item of a body against its class as the pipe does. */
export async function checkItem<T extends object>(
  type: Type<T>,
  item: unknown,
): Promise<{ readonly item: T } | { readonly faults: readonly ProblemError[] }> {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { faults: [{ path: '', message: 'must be an object' }] };
  const checked = plainToInstance(type, item);
  const faults = firstFaults(await validate(checked, STRICT));
  return faults.length > 0 ? { faults } : { item: checked };
}

function firstFaults(errors: readonly ValidationError[]): readonly ProblemError[] {
  const first: ProblemError[] = [];
  for (const fault of faultsOf(errors)) {
    if (first.push(fault) === MOST_FAULTS) break;
  }
  return first;
}

function* faultsOf(errors: readonly ValidationError[], parent = ''): Generator<ProblemError> {
  for (const { property, constraints, children } of errors) {
    const path = parent + property;
    for (const message of Object.values(constraints ?? {})) yield { path, message };
    yield* faultsOf(children ?? [], `${path}.`);
  }
}
