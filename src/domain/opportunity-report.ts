import { checkCurrency, isAmount } from './attribution/money.js';
import { roleReports, seatOf, type Contact, type RoleChange } from './committee.js';
import type { OpportunityChanged, Position } from './events.js';
import type { Opportunity, OpportunityEvent, OpportunityStatus } from './opportunity.js';
import { omitUndefined } from './opportunity-opening.js';
import { Refused } from './refused.js';

/**
 * What a CRM says of an opportunity in one message, as of one time: all of it, or the one field that changed. An absent field is
 * unchanged and null clears it. Times are RFC 3339.
 */
export interface OpportunityReport {
  readonly opportunityId: string;
  readonly name?: string | null;
  readonly accountId?: string | null;
  /** It is no longer that account's; it stays with another one. */
  readonly formerAccountId?: string;
  /** Decimal; without `currency` in that of the opportunity. */
  readonly amount?: string | null;
  readonly currency?: string;
  /** That of the CRM, while no report has named one. */
  readonly defaultCurrency?: string;
  readonly stage?: string | null;
  readonly owner?: string | null;
  readonly source?: string | null;
  readonly openedAt?: string;
  readonly status?: OpportunityStatus | 'deleted';
  /** When it was closed, or is expected to be. */
  readonly closeDate?: string | null;
  /** Why it was won or lost. */
  readonly reason?: string | null;
  /** The whole committee; other contacts are removed. */
  readonly committee?: readonly Pick<Contact, 'keys' | 'role' | 'isPrimary'>[];
  /** Contacts added to the committee, and with `role: null` removed from it. */
  readonly roles?: readonly RoleChange[];
}

/** A report with the message that it came in. */
export interface ReceivedReport {
  readonly workspace: string;
  readonly collector: string;
  readonly report: OpportunityReport;
  /** When it was so in the CRM. */
  readonly occurredAt: Date;
  /** The same however often the message is sent. */
  readonly id: string;
  /** The id of the report's event of this name: the same in whatever order messages arrive. */
  readonly eventId: (name: string) => string;
}

/** What became of a report. */
export type ReportResult =
  | { readonly status: 'accepted' | 'duplicate'; readonly eventId: string; readonly position: Position }
  | { readonly status: 'rejected'; readonly reason: Refused };

/**
 * Decides what a message of a CRM says of an opportunity. Its events depend on the message alone: nothing is compared with what is
 * known, and nothing refused for it, so messages give the same opportunity in any order, and one that was recorded before
 * changes nothing. Only who opened the opportunity is the first message to arrive.
 *
 * A contact's account is not part of it: the CRM says where a contact works.
 *
 * @throws Refused currency-missing, currency-unknown, amount-malformed
 */
export function receive(received: ReceivedReport, state: Opportunity): OpportunityEvent[] {
  const { report, id } = received;
  if (state.events.some(({ correlationId }) => correlationId === id)) return [];
  const events =
    report.status === 'deleted'
      ? [deleted(received)]
      : [
          ...opening(received, state),
          changed(received, state),
          ...closing(received, state),
          ...roles(received),
        ];
  return events.map((event) => ({ ...event, correlationId: id }));
}

const deleted = ({ report: { opportunityId }, occurredAt, eventId }: ReceivedReport): OpportunityEvent => ({
  ...{ id: eventId('OpportunityDeleted'), type: 'OpportunityDeleted', occurredAt },
  data: { opportunityId },
});

function opening({ report, occurredAt, eventId }: ReceivedReport, state: Opportunity): OpportunityEvent[] {
  if (state.opening) return [];
  const { opportunityId } = report;
  const currency = report.defaultCurrency ?? report.currency;
  if (currency === undefined) {
    const message = `${opportunityId} is unknown; its first report needs a currency`;
    throw new Refused('currency-missing', message, 'currency');
  }
  const data = { opportunityId, currency: checkCurrency(currency) };
  return [{ id: eventId('OpportunityOpened'), type: 'OpportunityOpened', occurredAt, data }];
}

/** Recorded also when there is no field in it: the opportunity existed at that time. */
function changed({ report, occurredAt, eventId }: ReceivedReport, state: Opportunity): OpportunityEvent {
  const { opportunityId, amount, currency, status, committee } = report;
  const defaultCurrency = report.defaultCurrency ?? (state.currency || undefined);
  const { name, accountId, formerAccountId, stage, owner, source, openedAt, closeDate, reason } = report;
  for (const named of [currency, defaultCurrency]) if (named !== undefined) checkCurrency(named);
  const data: OpportunityChanged = {
    opportunityId,
    ...omitUndefined({ name, accountId, formerAccountId, stage, owner, source, currency }),
    ...omitUndefined({ openedAt, closeDate, closeReason: reason }),
    ...omitUndefined({ amount: amountOf(amount), defaultCurrency }),
    ...(status !== undefined && status !== 'deleted' && { status }),
    ...(committee && { contacts: committee.map(seatOf) }),
  };
  return { id: eventId('OpportunityChanged'), type: 'OpportunityChanged', occurredAt, data };
}

/** @throws Refused amount-malformed */
function amountOf(amount: string | null | undefined): string | undefined {
  if (amount === null) return '0';
  if (amount === undefined || isAmount(amount)) return amount;
  throw new Refused('amount-malformed', 'an amount is a decimal such as "120000.00", not negative', 'amount');
}

/** For whoever follows wins and losses: what the change says already. */
function closing({ report, occurredAt, eventId }: ReceivedReport, state: Opportunity): OpportunityEvent[] {
  const { opportunityId, status, currency = state.currency || report.defaultCurrency || '' } = report;
  if (status === 'won')
    return [
      {
        ...{ id: eventId('OpportunityWon'), type: 'OpportunityWon', occurredAt },
        data: { opportunityId, currency },
      },
    ];
  if (status === 'lost')
    return [{ id: eventId('OpportunityLost'), type: 'OpportunityLost', occurredAt, data: { opportunityId } }];
  return [];
}

/** For whoever follows people: the members of a committee one by one as well. */
function roles({ report, occurredAt, eventId }: ReceivedReport): OpportunityEvent[] {
  const { opportunityId, committee = [], roles: changes = [] } = report;
  const place = { opportunityId, now: occurredAt };
  return roleReports([...committee, ...changes], place).map((event) => ({
    ...event,
    id: eventId(`ContactRoleAssigned ${event.data.contact.join(' ')}`),
  }));
}
