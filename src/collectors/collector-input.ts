import { Type } from 'typebox';
import type { Format } from '../intake/format.js';
import { invalid } from '../intake/body-check.js';
import { checker } from '../intake/schema.js';
import { type CollectorSettings, collectorSettingsSchema } from '../workspaces/collector-settings.js';
import { type Mapping, mappingSchema } from '../workspaces/mapping-schema.js';

const closed = { additionalProperties: false } as const;
const nullableName = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  description: 'Name of a wire format; null: any',
});
const settings = Type.Unsafe<CollectorSettings>({
  type: 'object',
  description: 'Those of all collectors, and those of its format',
});
const secret = Type.String({ minLength: 8, maxLength: 4096 });
const overlap = Type.Optional(
  Type.Number({
    minimum: 0,
    maximum: 90 * 24,
    description: 'How long the others stay valid; absent: as long as they are',
  }),
);

export const createSchema = Type.Object(
  {
    name: Type.String({
      description: 'Unique in the workspace; events carry it',
      minLength: 1,
      maxLength: 63,
    }),
    format: Type.Optional(nullableName),
    settings: Type.Optional(settings),
    mapping: Type.Optional(mappingSchema),
    secrets: Type.Optional(
      Type.Array(secret, { maxItems: 10, description: 'With which its provider signs' }),
    ),
    keys: Type.Optional(
      Type.Array(Type.Enum(['public', 'server']), {
        ...{ uniqueItems: true, maxItems: 2 },
        description:
          'Scopes of the write keys to make; default: both, for a format with signed webhooks alone none',
      }),
    ),
  },
  closed,
);

export const changeSchema = Type.Object(
  {
    format: Type.Optional(nullableName),
    settings: Type.Optional(settings),
    mapping: Type.Optional(mappingSchema),
  },
  { ...closed, minProperties: 1 },
);

export const keySchema = Type.Object(
  { scope: Type.Enum(['public', 'server']), overlapHours: overlap },
  closed,
);

export const secretSchema = Type.Object(
  {
    secret: Type.Optional(Type.String({ ...secret, description: 'Absent: one is made and shown once' })),
    overlapHours: overlap,
  },
  closed,
);

export const trySchema = Type.Object(
  {
    mapping: Type.Optional(mappingSchema),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'Items to try; default: 100' }),
    ),
  },
  closed,
);

/** Patterns and words of a mapping together: each is tried on every item, which other workspaces wait for. */
const MAX_PATTERNS = 500;
const MAX_PATTERN_CHARACTERS = 16_384;

/** Checks settings and mapping of a collector of this format. @throws Problem 400 */
export function checkConfiguration(
  format: Format | undefined,
  {
    settings: given,
    mapping,
  }: { readonly settings?: CollectorSettings | undefined; readonly mapping?: Mapping | undefined },
): void {
  const fault = given && settingsCheck(format)(given);
  if (fault)
    throw invalid({ ...fault.rejected, path: ['settings', fault.rejected.path].filter(Boolean).join('.') });
  if (mapping) checkPatterns(mapping);
}

/** @param path of the secret in the body; @throws Problem 400 */
export function checkSecret(format: Format | undefined, secret: string, path: string): void {
  const message = format?.secretFault?.(secret);
  if (message !== undefined) throw invalid({ message, path });
}

function checkPatterns(mapping: Mapping): void {
  const patterns = mapping.flatMap(({ when }) => [
    ...[when?.event ?? [], when?.url ?? []].flat(),
    ...Object.values(when?.fields ?? {}).flatMap(({ words }) => words ?? []),
  ]);
  const characters = patterns.reduce((sum, { length }) => sum + length, 0);
  for (const [count, most, what] of [
    [patterns.length, MAX_PATTERNS, 'patterns and words'],
    [characters, MAX_PATTERN_CHARACTERS, 'characters in patterns and words'],
  ] as const)
    if (count > most)
      throw invalid({ message: `has ${count} ${what}; at most ${most} are allowed`, path: 'mapping' });
}

/** The settings of all collectors, and those of the format. */
export const settingsOf = (format: Format | undefined) =>
  Type.Object({ ...collectorSettingsSchema.properties, ...format?.settings?.properties }, closed);

const checks = new Map<Format | undefined, ReturnType<typeof checker>>();

function settingsCheck(format: Format | undefined): ReturnType<typeof checker> {
  let check = checks.get(format);
  if (!check) checks.set(format, (check = checker(settingsOf(format))));
  return check;
}
