import { eventId } from '../domain/event-id.js';
import type { OpportunityReport, ReceivedReport, ReportResult } from '../domain/opportunity-report.js';
import type { Refused } from '../domain/refused.js';
import type { Reason } from './outcome.js';
import type { Origin, RejectedInput } from './rejected.js';

/** Decides reports of opportunities: the commands do, behind this port. */
export interface OpportunityReports {
  /**
   * One result a report, in order, once what was decided is durable. Safe to repeat.
   *
   * @throws StoreUnavailable some may be recorded
   */
  decide(reports: readonly ReceivedReport[]): Promise<readonly ReportResult[]>;
}

/** Injection token of the process's OpportunityReports. */
export const OPPORTUNITY_REPORTS = Symbol('OpportunityReports');

/** @param nth of the message: a message may report several opportunities, and one several times */
export function receivedReport(
  { workspace, collector }: Origin,
  messageId: string,
  occurredAt: Date,
  report: OpportunityReport,
  nth: number,
): ReceivedReport {
  const part = (name: string) => `opportunity ${nth} ${name}`;
  return {
    ...{ workspace, collector, report, occurredAt },
    id: eventId(workspace, collector, messageId, part('')),
    eventId: (name) => eventId(workspace, collector, messageId, part(name)),
  };
}

/** A report to be decided, with how its item is kept if it is refused. */
export interface PendingReport {
  readonly report: ReceivedReport;
  readonly refused: (reason: Reason) => RejectedInput & Origin;
}

/**
 * Decides reports, one result each.
 *
 * @param keep takes the items of those that are refused
 * @throws StoreUnavailable
 */
export async function decideReports(
  opportunities: OpportunityReports | undefined,
  reports: readonly PendingReport[],
  keep?: (refused: readonly (RejectedInput & Origin)[]) => Promise<void>,
): Promise<readonly ReportResult[]> {
  if (reports.length === 0) return [];
  if (!opportunities) throw new Error('nobody was given who decides reports of opportunities');
  const results = await opportunities.decide(reports.map(({ report }) => report));
  const refused = results.flatMap((result, nth) =>
    result.status === 'rejected' ? (reports[nth]?.refused(reasonOf(result.reason)) ?? []) : [],
  );
  await keep?.(refused);
  return results;
}

/** Why a report was refused, as the reason of its item. */
export const reasonOf = ({ code, message, path }: Refused): Reason => ({
  ...{ code, message },
  ...(path !== undefined && { path }),
});
