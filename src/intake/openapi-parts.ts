import type { OpenAPIObject } from '@nestjs/swagger';
import type { TSchema } from 'typebox';
import type { Operation } from './format.js';

/** What operations of the API document are written with. */
type Responses = Operation['responses'];

export const json = (
  schemaName: string,
  example: unknown,
): { 'application/json': { schema: { $ref: string }; example: unknown } } => ({
  'application/json': { schema: { $ref: `#/components/schemas/${schemaName}` }, example },
});

export const problem = (description: string): Responses[string] => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemItem' } } },
});

export const query = (
  name: string,
  description: string,
  schema: object,
): NonNullable<Operation['parameters']>[number] => ({
  ...{ name, description, schema },
  in: 'query',
});

export type OpenApiOperation = Operation;

/** What one part of the intake adds to the API document. */
export interface OpenApiPart {
  readonly paths: OpenAPIObject['paths'];
  readonly schemas: Readonly<Record<string, TSchema>>;
  readonly tags?: NonNullable<OpenAPIObject['tags']>;
}

/** Any of these: the places where our own clients have their write key. */
export const WRITE_KEY_SECURITY = ['writeKeyBasic', 'writeKeyBearer', 'writeKeyHeader'].map((name) => ({
  [name]: [],
}));
