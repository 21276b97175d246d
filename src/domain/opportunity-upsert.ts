import { checkCurrency } from './attribution/money.js';
import { assignCommittee, reassignRoles, replaceCommittee, seatOf, type Contact } from './committee.js';
import { replay } from './decider.js';
import type { OpportunityChanged } from './events.js';
import {
  opportunity,
  stateAt,
  type Opportunity,
  type OpportunityEvent,
  type OpportunityState,
  type OpportunityStatus,
} from './opportunity.js';
import { remove } from './opportunity-deletion.js';
import { omitUndefined, notInFuture, open } from './opportunity-opening.js';
import {
  amountOf,
  checkSameCurrency,
  closeDate,
  laterOfLastChange,
  fieldsToRecord,
  notBeforeOpening,
} from './opportunity-update.js';
import { Refused } from './refused.js';

/**
 * The state of an opportunity in the CRM at some time. An absent field is unchanged, null clears it; `contacts` is the whole
 * committee.
 */
export interface UpsertOpportunity {
  readonly opportunityId: string;
  readonly name?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly amount?: string | null | undefined;
  /** Required while the opportunity is unknown. */
  readonly currency?: string | undefined;
  readonly stage?: string | null | undefined;
  readonly owner?: string | null | undefined;
  readonly source?: string | null | undefined;
  readonly openedAt?: Date | undefined;
  readonly status?: OpportunityStatus | 'deleted' | undefined;
  readonly closedAt?: Date | undefined;
  readonly reason?: string | null | undefined;
  readonly contacts?: readonly Pick<Contact, 'keys' | 'role' | 'isPrimary'>[] | undefined;
  /** When it was so in the CRM; default: now. */
  readonly occurredAt?: Date | undefined;
  readonly now: Date;
}

/** A report whose times are checked. */
interface Report extends UpsertOpportunity {
  readonly at: Date;
  readonly restate: boolean;
}

/**
 * Decides what a report of the CRM says. What it says counts from its time on, whatever was recorded before: reports that
 * name their times give the same opportunity in any order. Any status may follow any other: a won one may be reported lost.
 *
 * @throws Refused currency-missing, currency-unknown, currency-fixed, amount-…, opened-in-future, changed-before-opened,
 * changed-in-future, closed-before-opened, closed-in-future, not-closing
 */
export function upsert(command: UpsertOpportunity, state: Opportunity): OpportunityEvent[] {
  if (command.status === 'deleted') return remove(command, state);
  const report = timed(command, state);
  let reached = state;
  return [opening, closing, changes, status].flatMap((decide) => {
    const decided = decide(report, existing(stateAt(reached, report.at), reached), reached);
    reached = replay(opportunity, decided, reached);
    return decided;
  });
}

/** Also before the opening as it was known: what is reported of then was open, in the one currency. */
const existing = (state: OpportunityState, { currency }: Opportunity): OpportunityState => ({
  ...state,
  currency,
  status: state.status === 'none' ? 'open' : state.status,
});

/** @throws Refused opened-in-future, closed-in-future, changed-in-future, changed-before-opened */
function timed(command: UpsertOpportunity, state: Opportunity): Report {
  const { now, occurredAt } = command;
  const openedAt = command.openedAt && notInFuture(now, command.openedAt, 'opened-in-future', 'openedAt');
  const closedAt = command.closedAt && notInFuture(now, command.closedAt, 'closed-in-future', 'closedAt');
  const at = occurredAt
    ? notInFuture(now, occurredAt, 'changed-in-future', 'occurredAt')
    : laterOfLastChange(now, state);
  if (openedAt) notBeforeOpening(at, { ...state, openedAt });
  // Whoever is named twice is one contact, with the last role.
  const contacts = command.contacts && replaceCommittee([], command.contacts, { occurredAt: at });
  return { ...command, openedAt, closedAt, contacts, at, restate: occurredAt !== undefined };
}

/** Of a report that names its time only the opening itself is dated back: its values apply from the time of the report. */
function opening(report: Report, _: OpportunityState, { opening }: Opportunity): OpportunityEvent[] {
  if (opening) return [];
  const { opportunityId, at, closedAt, contacts = [], restate, now, ...facts } = report;
  const { currency } = facts;
  if (currency === undefined) {
    throw new Refused(
      'currency-missing',
      `${opportunityId} is unknown; its first report needs a currency`,
      'currency',
    );
  }
  const openedAt = report.openedAt ?? (closedAt && closedAt < at ? closedAt : at);
  if (restate) {
    const data = { opportunityId, currency: checkCurrency(currency) };
    return [{ type: 'OpportunityOpened', occurredAt: openedAt, data }];
  }
  return open(
    { opportunityId, ...withoutNull(facts), currency, openedAt, contacts, now },
    opportunity.initial,
  );
}

const withoutNull = <T extends object>(facts: T): { [K in keyof T]: Exclude<T[K], null> } =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null)) as never;

/** The win or loss at its close date. Reports in between count as well, so the status is recorded again at the end. */
function closing(report: Report, state: OpportunityState, { events }: Opportunity): OpportunityEvent[] {
  const { opportunityId, status, closedAt, at } = report;
  const isClosed = status === 'won' || status === 'lost' || (status === undefined && state.status !== 'open');
  if (closedAt && !isClosed) {
    throw new Refused('not-closing', 'closedAt needs the status won or lost', 'closedAt');
  }
  if (!closedAt || (status !== 'won' && status !== 'lost')) return [];
  closeDate(closedAt, { ...state, openedAt: report.openedAt ?? state.openedAt });
  const type = status === 'won' ? 'OpportunityWon' : 'OpportunityLost';
  const isKnown = events.some((event) => event.type === type && +event.occurredAt === +closedAt);
  if (isKnown || closedAt >= at) return [];
  return [closed(status, closedAt, { opportunityId, closedAt: closedAt.toISOString() }, state)];
}

function closed(
  status: 'won' | 'lost',
  occurredAt: Date,
  data: { opportunityId: string; closedAt?: string; reason?: string },
  { currency }: OpportunityState,
): OpportunityEvent {
  return status === 'won'
    ? { type: 'OpportunityWon', occurredAt, data: { ...data, currency } }
    : { type: 'OpportunityLost', occurredAt, data };
}

/** Whether the report has another status than the state: that is a separate event. */
const changesStatus = ({ status }: Report, state: OpportunityState): boolean =>
  status !== undefined && status !== state.status;

/** The other fields and the committee; a report without changes records that the opportunity exists. */
function changes(report: Report, state: OpportunityState, { events }: Opportunity): OpportunityEvent[] {
  const { opportunityId, at, restate } = report;
  checkSameCurrency(report.currency, state);
  const committee = committeeOf(report, state);
  const reported = fieldsToRecord(reportedFields(report, state), comparable(state), { now: at, restate });
  const data = { opportunityId, ...reported, ...committee.part };
  const isUnchanged = Object.keys(data).length === 1 && !changesStatus(report, state);
  const isRecorded = restate ? events.some(({ occurredAt }) => +occurredAt === +at) : !state.deleted;
  if (isUnchanged && isRecorded) return committee.events;
  return [{ type: 'OpportunityChanged', occurredAt: at, data }, ...committee.events];
}

/** The close date if it is the time of the report: `rankOf` distinguishes it from one that was reported later. */
const closesAt = ({ closedAt, at }: Report): Date | undefined =>
  closedAt && +closedAt === +at ? closedAt : undefined;

type ReportedFields = Omit<OpportunityChanged, 'opportunityId' | 'contacts'>;

function reportedFields(report: Report, state: OpportunityState): ReportedFields {
  const { name, accountId, stage, owner, source, amount, openedAt, status, closedAt, reason } = report;
  const amountMinor = amount === null ? 0 : amountOf(amount, state);
  const ofStatus = changesStatus(report, state)
    ? omitUndefined({
        reason: reason === null ? reason : undefined,
        closedAt: closesAt(report)?.toISOString(),
      })
    : { status: status as OpportunityStatus | undefined, closedAt: closedAt?.toISOString(), reason };
  // A report from before the known opening is now the first one, so it records the currency.
  const currency = state.openedAt === undefined ? state.currency : undefined;
  return omitUndefined({
    ...{ currency, name, accountId, stage, owner, source, amountMinor, openedAt: openedAt?.toISOString() },
    ...ofStatus,
  });
}

/** The state in the form of a report, with null for absent fields. */
function comparable(state: OpportunityState): Pick<OpportunityState, 'reportedAt'> {
  const { openedAt, closedAt, ...parts } = state;
  const times = omitUndefined({ openedAt: openedAt?.toISOString(), closedAt: closedAt?.toISOString() });
  return { ...NOTHING, ...omitUndefined(parts), ...times, reportedAt: state.reportedAt };
}
const NOTHING = { name: null, accountId: null, stage: null, owner: null, source: null, reason: null };

/** The whole committee of a report, and the events for changed roles. */
function committeeOf(
  report: Report,
  state: OpportunityState,
): { part: Pick<OpportunityChanged, 'contacts'>; events: OpportunityEvent[] } {
  const { opportunityId, contacts, at: now } = report;
  const accountId = report.accountId ?? (report.accountId === null ? undefined : state.accountId);
  const isMoved = accountId !== undefined && accountId !== state.accountId;
  const place = { opportunityId, accountId, now };
  if (contacts === undefined)
    return { part: {}, events: isMoved ? reassignRoles(state.contacts, place) : [] };
  const events = assignCommittee(contacts, state.contacts, place, isMoved);
  const hasChanges = events.length > 0 || (report.restate && state.reportedAt.contacts !== +now);
  return { part: hasChanges ? { contacts: contacts.map(seatOf) } : {}, events };
}

/** The event of a changed status. */
function status(report: Report, state: OpportunityState): OpportunityEvent[] {
  const { opportunityId, status, at, closedAt, reason } = report;
  if (!changesStatus(report, state) || status === undefined || status === 'deleted') return [];
  const data = { opportunityId, ...omitUndefined({ reason: reason ?? undefined }) };
  if (status === 'open') return [{ type: 'OpportunityReopened', occurredAt: at, data }];
  const elsewhere = closesAt(report) ? undefined : closedAt?.toISOString();
  return [closed(status, at, { ...data, ...omitUndefined({ closedAt: elsewhere }) }, state)];
}
