import type { NewFact, Receipt } from '../event-store/event-store.js';
import { isObject } from './format.js';
import { MESSAGE_ID_LENGTH, messageIdOf } from './identities.js';
import { storable } from './inspect.js';
import { isRejected, type Outcome, type Rejected, type Warning } from './outcome.js';
import { text } from './values.js';

/** What one item comes to before anything is written. */
export type Normalised =
  | {
      readonly messageId: string;
      /** One or more. */
      readonly facts: readonly NewFact[];
      readonly warnings: readonly Warning[];
    }
  | Rejected;

/** Of an item whose facts are on their way to the log. */
export interface AcceptedDraft {
  readonly status: 'accepted';
  readonly messageId: string;
  readonly warnings: readonly Warning[];
  /** How many. */
  readonly facts: number;
}

/** What is left of an item once its facts are encoded. */
export type Draft = AcceptedDraft | Extract<Outcome, { readonly status: 'rejected' }>;

export function draftOf(step: Normalised, item: unknown): Draft {
  if (!isRejected(step)) {
    const { messageId, warnings, facts } = step;
    return { status: 'accepted', messageId, warnings, facts: facts.length };
  }
  const messageId = soughtMessageId(item);
  return { status: 'rejected', reason: step.rejected, ...(messageId === undefined ? {} : { messageId }) };
}

/** A message is a duplicate when all its facts are. */
export function receiptOf({ messageId, warnings }: AcceptedDraft, receipts: readonly Receipt[]): Outcome {
  const [first] = receipts;
  if (!first) throw new Error('a message without facts was recorded');
  const status = receipts.every(({ duplicate }) => duplicate) ? 'duplicate' : 'accepted';
  return { status, messageId, eventId: first.eventId, position: first.position, warnings };
}

/** What the client will look for, however broken the rest is. */
export function soughtMessageId(item: unknown): string | undefined {
  const id = isObject(item) ? text(messageIdOf(item.messageId), MESSAGE_ID_LENGTH) : undefined;
  return id && (storable(id) as string);
}
