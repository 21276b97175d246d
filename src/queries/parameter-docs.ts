import type { ApiQueryOptions } from '@nestjs/swagger';

/** A query parameter as the API's document describes it. */
export interface Parameter {
  readonly schema: Extract<ApiQueryOptions, { schema: unknown }>['schema'];
  readonly description: string;
  readonly example?: string;
  /** As a query names it, where two lists use it for different things. */
  readonly name?: string;
  readonly required?: boolean;
}

export const text = (description: string, example?: string): Parameter => ({
  schema: { type: 'string' },
  description,
  ...(example === undefined ? {} : { example }),
});

export const word = (description: string, words: readonly string[]): Parameter => ({
  schema: { type: 'string', enum: [...words] },
  description,
});

export const DATE = 'a day of the workspace (2026-01-31) or a timestamp (2026-01-31T09:30:00Z)';
