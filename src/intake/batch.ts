import type { NewFact, Receipt } from '../event-store/event-store.js';
import type { Format } from './format.js';
import type { Normalised } from './normalise.js';
import { isRejected, type Outcome, type Warning } from './outcome.js';
import { type Origin, type RejectedInput, type SentAs, withOrigin } from './rejected.js';
import { messageIdIn, rejectedItem } from './rejected-input.js';
import type { WarnedMessage } from './warnings.js';

/** What is left of an item once its facts are encoded. */
export type ItemResult =
  | {
      readonly status: 'accepted';
      readonly messageId: string;
      readonly warnings: readonly Warning[];
      /** How many. */
      readonly facts: number;
    }
  | Extract<Outcome, { readonly status: 'rejected' }>;

/** Items that were normalised, and where each of them goes. */
export class Batch {
  /** To the log. */
  readonly facts: NewFact[] = [];
  /** To the table of rejected input. */
  readonly rejected: (RejectedInput & Origin)[] = [];
  /** To the table of warnings. */
  readonly warned: WarnedMessage[] = [];
  /** One an item, in order. */
  readonly results: ItemResult[] = [];

  /** @param sent where the item came from and what it was there, to be kept with it when it is rejected */
  add(format: Format, origin: Origin, item: unknown, step: Normalised, sent?: SentAs): void {
    if (isRejected(step)) {
      const { rejected: reason } = step;
      const messageId = messageIdIn(item);
      this.results.push({ status: 'rejected', reason, ...(messageId === undefined ? {} : { messageId }) });
      this.rejected.push(withOrigin(origin, { ...rejectedItem(format, item, reason), ...sent }));
      return;
    }
    const { messageId, facts, warnings } = step;
    this.results.push({ status: 'accepted', messageId, warnings, facts: facts.length });
    for (const fact of facts) this.facts.push(fact);
    const eventId = facts[0]?.event.id;
    if (warnings.length > 0 && eventId !== undefined)
      this.warned.push(warnedMessage(format, origin, { messageId, eventId, warnings }));
  }
}

const warnedMessage = (
  { name: format }: Format,
  { workspace, collector, call, receivedAt }: Origin,
  message: Pick<WarnedMessage, 'messageId' | 'eventId' | 'warnings'>,
): WarnedMessage => ({ workspace, collector, call, receivedAt, format, ...message });

/** The outcome of each item, by the receipts of all their facts. A message is a duplicate when all its facts are. */
export function outcomesOf(results: readonly ItemResult[], receipts: readonly Receipt[]): readonly Outcome[] {
  let next = 0;
  return results.map((result) => {
    if (result.status === 'rejected') return result;
    const { messageId, warnings, facts } = result;
    const first = receipts[next];
    if (!first) throw new Error('a message without facts was recorded');
    let isDuplicate = true;
    for (const end = next + facts; next < end; next += 1) isDuplicate &&= receipts[next]?.duplicate === true;
    const { eventId, position } = first;
    return { status: isDuplicate ? 'duplicate' : 'accepted', messageId, eventId, position, warnings };
  });
}
