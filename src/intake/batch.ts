import type { ReportResult } from '../domain/opportunity-report.js';
import type { NewFact, Receipt } from '../event-store/event-store.js';
import type { Format } from './format.js';
import type { Normalised } from './normalise.js';
import { type PendingReport, reasonOf } from './opportunity-reports.js';
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
      readonly reports: number;
    }
  | Extract<Outcome, { readonly status: 'rejected' }>;

/** Items that were normalised, and where each of them goes. */
export class Batch {
  /** To the log. */
  readonly facts: NewFact[] = [];
  /** To the decider of opportunities. Their items are held until then: they are few. */
  readonly reports: PendingReport[] = [];
  /** To the table of rejected input. */
  readonly rejected: (RejectedInput & Origin)[] = [];
  /** To the table of warnings. */
  readonly warned: WarnedMessage[] = [];
  /** One an item, in order. */
  readonly results: ItemResult[] = [];

  /** @param sentAs where the item came from and what it was there, asked for when it is rejected */
  add(format: Format, origin: Origin, item: unknown, step: Normalised, sentAs?: () => SentAs): void {
    if (isRejected(step)) {
      const { rejected: reason } = step;
      const messageId = messageIdIn(item);
      this.results.push({ status: 'rejected', reason, ...(messageId === undefined ? {} : { messageId }) });
      this.rejected.push(withOrigin(origin, rejectedItem(format, item, reason, sentAs?.())));
      return;
    }
    const { messageId, facts, reports, warnings } = step;
    const counts = { facts: facts.length, reports: reports.length };
    this.results.push({ status: 'accepted', messageId, warnings, ...counts });
    for (const fact of facts) this.facts.push(fact);
    for (const report of reports)
      this.reports.push({
        report,
        refused: (reason) => withOrigin(origin, rejectedItem(format, item, reason, sentAs?.())),
      });
    const eventId = facts[0]?.event.id ?? reports[0]?.eventId('OpportunityChanged');
    if (warnings.length > 0 && eventId !== undefined)
      this.warned.push(warnedMessage(format, origin, { messageId, eventId, warnings }));
  }
}

const warnedMessage = (
  { name: format }: Format,
  { workspace, collector, call, receivedAt }: Origin,
  message: Pick<WarnedMessage, 'messageId' | 'eventId' | 'warnings'>,
): WarnedMessage => ({ workspace, collector, call, receivedAt, format, ...message });

/** The outcome of each item, by the receipts of all their facts and the results of all their reports. */
export function outcomesOf(
  results: readonly ItemResult[],
  receipts: readonly Receipt[],
  decided: readonly ReportResult[] = [],
): readonly Outcome[] {
  let [next, nextDecided] = [0, 0];
  return results.map((result) => {
    if (result.status === 'rejected') return result;
    const { facts, reports } = result;
    const first = facts > 0 ? receipts[next] : undefined;
    let isDuplicate = true;
    for (const end = next + facts; next < end; next += 1) isDuplicate &&= receipts[next]?.duplicate === true;
    const own = reports > 0 ? decided.slice(nextDecided, (nextDecided += reports)) : NONE;
    return outcomeOf(result, first, own, isDuplicate && own.every(({ status }) => status === 'duplicate'));
  });
}

const NONE: readonly ReportResult[] = [];

/** A message is a duplicate when all of it is, and rejected when one of its reports is. */
function outcomeOf(
  { messageId, warnings }: Extract<ItemResult, { readonly status: 'accepted' }>,
  receipt: Receipt | undefined,
  decided: readonly ReportResult[],
  isDuplicate: boolean,
): Outcome {
  for (const result of decided)
    if (result.status === 'rejected')
      return { status: 'rejected', messageId, reason: reasonOf(result.reason) };
  const first = receipt ?? decided[0];
  if (!first || 'reason' in first) throw new Error('a message without facts was recorded');
  const { eventId, position } = first;
  return { status: isDuplicate ? 'duplicate' : 'accepted', messageId, eventId, position, warnings };
}
