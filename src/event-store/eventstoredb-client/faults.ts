import { type ServiceError, status } from '@grpc/grpc-js';
import { AccessDeniedError, convertToCommandError } from '@eventstore/db-client';
import { EventStoreDbAway } from '../eventstoredb-faults.js';
import { needed } from './server-version.js';

export const unusable = (why: string): string => `EVENTSTOREDB_URL: cannot be used: ${why}`;

export function away(error: unknown): EventStoreDbAway {
  if (error instanceof EventStoreDbAway) return error;
  return new EventStoreDbAway(`EventStoreDB does not answer: ${textOf(error)}`, { cause: error });
}

export const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');

/** Why a call will fail again; undefined: it may succeed later. */
export function lastingReason(error: unknown): string | undefined {
  const raw = error instanceof EventStoreDbAway ? error.cause : error;
  const { code } = (raw ?? {}) as Partial<ServiceError>;
  if (code === status.UNIMPLEMENTED) return `the server is no EventStoreDB or too old; ${needed}`;
  if (raw instanceof Error && convertToCommandError(raw) instanceof AccessDeniedError)
    return 'the server refuses its user and password, or the user may not read $all';
  return undefined;
}
