import { Inject, Injectable } from '@nestjs/common';
import { replay } from '../domain/decider.js';
import { opportunity, type Opportunity, type OpportunityEvent } from '../domain/opportunity.js';
import { receive, type ReceivedReport, type ReportResult } from '../domain/opportunity-report.js';
import { Refused } from '../domain/refused.js';
import {
  EVENT_STORE,
  type EventStore,
  type Receipt,
  StoreUnavailable,
  WrongExpectedVersion,
} from '../event-store/event-store.js';
import { handle } from '../event-store/handle.js';

/** So many opportunities are decided at a time: the event store appends what waits together. */
const CONCURRENCY = 16;

/** Decides the reports of opportunities that collectors receive. */
@Injectable()
export class ReportOpportunities {
  constructor(@Inject(EVENT_STORE) private readonly store: Pick<EventStore, 'append' | 'readStream'>) {}

  /**
   * One result a report, in order. Those of one opportunity are one decision. Safe to repeat.
   *
   * @throws StoreUnavailable some may be recorded
   */
  async decide(reports: readonly ReceivedReport[]): Promise<readonly ReportResult[]> {
    const results: ReportResult[] = [];
    const groups = Map.groupBy(reports.entries(), ([, { workspace, collector, report }]) =>
      [workspace, collector, report.opportunityId].join('\0'),
    ).values();
    const work = async (): Promise<void> => {
      for (const group of groups) {
        const decided = await this.decideOne(group.map(([, report]) => report));
        for (const [nth, result] of decided.entries()) results[group[nth]?.[0] ?? -1] = result;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    return results;
  }

  /** @param reports of one opportunity */
  private async decideOne(reports: readonly ReceivedReport[]): Promise<readonly ReportResult[]> {
    const [first] = reports;
    if (!first) return [];
    const { workspace, collector, report } = first;
    const stream = `opportunity-${report.opportunityId}`;
    let decided: Decided = { refusals: new Map(), accepted: new Set(), events: [] };
    const decide = (state: Opportunity) => (decided = decideAll(reports, state)).events;
    try {
      const handled = await handle(this.store, workspace, stream, opportunity, decide, { collector });
      const known = new Map(handled.receipts.map((receipt) => [receipt.eventId, receipt]));
      return reports.map((each) => resultOf(each, decided, handled.state, known));
    } catch (cause) {
      if (!(cause instanceof WrongExpectedVersion)) throw cause;
      throw new StoreUnavailable('others change the opportunity at this moment', 1, { cause });
    }
  }
}

interface Decided {
  readonly refusals: ReadonlyMap<ReceivedReport, Refused>;
  /** Those that were not known before. */
  readonly accepted: ReadonlySet<ReceivedReport>;
  readonly events: readonly OpportunityEvent[];
}

/** A refused report leaves the others alone. */
function decideAll(reports: readonly ReceivedReport[], state: Opportunity): Decided {
  const refusals = new Map<ReceivedReport, Refused>();
  const accepted = new Set<ReceivedReport>();
  const events: OpportunityEvent[] = [];
  let reached = state;
  for (const report of reports) {
    try {
      const decided = receive(report, reached);
      if (decided.length > 0) accepted.add(report);
      reached = replay(opportunity, decided, reached);
      events.push(...decided);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.set(report, error);
    }
  }
  return { refusals, accepted, events };
}

/** By the first event of the report: it was appended now, or is in the log. */
function resultOf(
  report: ReceivedReport,
  { refusals, accepted }: Decided,
  { events }: Opportunity,
  receipts: ReadonlyMap<string, Receipt>,
): ReportResult {
  const reason = refusals.get(report);
  if (reason) return { status: 'rejected', reason };
  const { id: eventId = '', position = 0n } =
    events.find(({ correlationId }) => correlationId === report.id) ?? {};
  return {
    status: accepted.has(report) ? 'accepted' : 'duplicate',
    ...{ eventId, position: receipts.get(eventId)?.position ?? position },
  };
}
