import { StoreUnavailable, TokenUsed } from './event-store.js';
import { isTransient } from './pg-faults.js';

/** The server does not answer, or not to us. It may pass by itself; what became of an append is not known. */
export class EventStoreDbAway extends Error {
  override readonly name = 'EventStoreDbAway';
}

/** EVENTSTOREDB_URL leads to nothing that can hold the log. The message is one line without the password. */
export class EventStoreDbUnusable extends Error {
  override readonly name = 'EventStoreDbUnusable';
}

/** The index says more of a stream than the log holds: one of them was restored from an older backup than the other. */
export class LogDiffers extends Error {
  override readonly name = 'LogDiffers';
}

export const mayPass = (error: unknown): boolean => !(error instanceof LogDiffers) && isTransient(error);

/** @throws StoreUnavailable what may pass by itself */
export function unavailable(error: unknown): never {
  if (error instanceof StoreUnavailable || error instanceof TokenUsed || !mayPass(error)) throw error;
  throw new StoreUnavailable('the event log does not answer', 5, { cause: error });
}
