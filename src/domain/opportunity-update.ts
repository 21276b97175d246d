import { parseAmount } from './attribution/money.js';
import { reassignRoles } from './committee.js';
import { replay } from './decider.js';
import {
  lastChangeOf,
  opportunity,
  stateAt,
  type Opportunity,
  type OpportunityEvent,
  type OpportunityState,
} from './opportunity.js';
import {
  assignRoles,
  changedFields,
  omitUndefined,
  notInFuture,
  textFields,
  type OpportunityFields,
} from './opportunity-opening.js';
import { Refused } from './refused.js';

export interface UpdateOpportunity extends OpportunityFields {
  readonly status?: 'open' | 'won' | 'lost' | undefined;
  readonly closedAt?: Date | undefined;
  readonly reason?: string | undefined;
  /** When it changed; default: now. */
  readonly occurredAt?: Date | undefined;
}

/** An update with the time at which it applies. */
interface DatedUpdate extends UpdateOpportunity {
  /** The command names its time: known values are recorded as well, since earlier changes may arrive later. */
  readonly restate: boolean;
}

/**
 * Decides the events of one update in logical order: reopened, changed, roles, closed. The update is validated against the
 * state at the time of the change. Amount and stage of a closed opportunity cannot change; reporting its win or loss again with
 * another amount, date or reason corrects it.
 *
 * @throws Refused opportunity-not-found, opportunity-closed, currency-fixed, amount-…, changed-before-opened,
 * changed-in-future, closed-before-opened, closed-in-future, not-closing
 */
export function update(command: UpdateOpportunity, state: Opportunity): OpportunityEvent[] {
  const { opportunityId, occurredAt, now: receivedAt } = command;
  if (!state.opening) {
    throw new Refused(
      'opportunity-not-found',
      `The opportunity ${opportunityId} does not exist; open it first`,
    );
  }
  const closedAt =
    command.closedAt && notInFuture(receivedAt, command.closedAt, 'closed-in-future', 'closedAt');
  const times = timesOf({ ...command, closedAt }, state);
  if (stateAt(state, times.changedAt).deleted) {
    throw new Refused('opportunity-not-found', `${opportunityId} was deleted; restore it with PUT`);
  }
  const restate = occurredAt !== undefined;
  let reached = state;
  return [reopen, change, roles, close].flatMap((decide) => {
    const now = decide === close ? times.closedAt : times.changedAt;
    const decided = decide({ ...command, closedAt, now, restate }, stateAt(reached, now));
    reached = replay(opportunity, decided, reached);
    return decided;
  });
}

/**
 * The time of a change, and that of a win or loss. Without `occurredAt` it changed now, but a close date after all known
 * changes of the opportunity is the time of both.
 */
function timesOf(command: UpdateOpportunity, state: Opportunity): { changedAt: Date; closedAt: Date } {
  const { occurredAt, now, status, closedAt: closed } = command;
  if (occurredAt !== undefined) {
    const at = notInFuture(now, occurredAt, 'changed-in-future', 'occurredAt');
    return { changedAt: notBeforeOpening(at, state), closedAt: at };
  }
  const last = laterOfLastChange(now, state);
  if (!closed || status === 'open') return { changedAt: last, closedAt: last };
  const isLast = closed >= (lastChangeOf(state) ?? closed);
  const statusSince = Math.max(state.reportedAt.status ?? 0, +(state.openedAt ?? 0));
  const endsStatus = +closed > statusSince && !state.deleted;
  return { changedAt: isLast ? closed : last, closedAt: endsStatus ? closed : last };
}

/** Now, or the last change if the clock of the process that recorded it is ahead. */
export function laterOfLastChange(now: Date, state: Opportunity): Date {
  const last = lastChangeOf(state);
  return last && last > now ? last : now;
}

/** @throws Refused changed-before-opened */
export function notBeforeOpening(at: Date, { openedAt }: OpportunityState): Date {
  if (!openedAt || at >= openedAt) return at;
  throw new Refused('changed-before-opened', `It was opened at ${openedAt.toISOString()}`, 'occurredAt');
}

/** The fields to record: changed ones, or with `restate` all that were not reported at that very time. */
export function fieldsToRecord<T extends object>(
  parts: T,
  state: Pick<OpportunityState, 'reportedAt'>,
  { now, restate }: { readonly now: Date; readonly restate: boolean },
): Partial<T> {
  const changes = changedFields(parts, state);
  if (!restate) return changes;
  const reportedAt = state.reportedAt as Readonly<Record<string, number | undefined>>;
  const fields = Object.entries(parts).filter(([part]) => part in changes || reportedAt[part] !== +now);
  return Object.fromEntries(fields) as Partial<T>;
}

function reopen(command: DatedUpdate, state: OpportunityState): OpportunityEvent[] {
  const { opportunityId, status, reason, now: occurredAt } = command;
  if (status !== 'open') return [];
  if (state.status !== 'open') {
    return [
      { type: 'OpportunityReopened', occurredAt, data: { opportunityId, ...omitUndefined({ reason }) } },
    ];
  }
  const fields = fieldsToRecord({ status }, state, command);
  if (Object.keys(fields).length === 0) return [];
  return [{ type: 'OpportunityChanged', occurredAt, data: { opportunityId, ...fields } }];
}

function change(command: DatedUpdate, state: OpportunityState): OpportunityEvent[] {
  const { opportunityId, currency, now: occurredAt } = command;
  checkSameCurrency(currency, state);
  // If the win is reported again, another amount corrects the win.
  const amountMinor =
    command.status === 'won' && state.status === 'won' ? undefined : amountOf(command.amount, state);
  const reported = { ...textFields(command), ...omitUndefined({ amountMinor }) };
  const changes = changedFields(reported, state);
  if (state.status !== 'open' && ('amountMinor' in changes || 'stage' in changes)) {
    const message = `The opportunity is ${state.status}; reopen it before changing amount or stage`;
    throw new Refused('opportunity-closed', message);
  }
  const fields = fieldsToRecord(reported, state, command);
  if (Object.keys(fields).length === 0) return [];
  const data = { opportunityId, ...fields };
  const place = { opportunityId, accountId: command.accountId, now: occurredAt };
  const contacts = 'accountId' in changes ? reassignRoles(state.contacts, place) : [];
  return [{ type: 'OpportunityChanged', occurredAt, data }, ...contacts];
}

/** @throws Refused currency-fixed */
export function checkSameCurrency(currency: string | undefined, state: OpportunityState): void {
  if (currency === undefined || currency === state.currency) return;
  throw new Refused(
    'currency-fixed',
    `It was opened in ${state.currency}; the currency cannot change`,
    'currency',
  );
}

const roles = (command: DatedUpdate, state: OpportunityState): OpportunityEvent[] =>
  assignRoles(command, state);

function close(command: DatedUpdate, state: OpportunityState): OpportunityEvent[] {
  const { opportunityId, now: occurredAt, status = state.status } = command;
  if (status === 'open' || status === 'none') return rejectClosingFields(command);
  const isAgain = state.status === status;
  if (state.status !== 'open' && !isAgain) {
    throw new Refused('opportunity-closed', `The opportunity is ${state.status}; reopen it first`);
  }
  const { status: statusAgain, amountMinor, ...fields } = closingFields(command, state, isAgain);
  const hasFields = statusAgain !== undefined || amountMinor !== undefined || Object.keys(fields).length > 0;
  if (isAgain && !hasFields) return [];
  const data = { opportunityId, ...fields };
  if (status === 'lost') return [{ type: 'OpportunityLost', occurredAt, data }];
  const win = { ...data, ...omitUndefined({ amountMinor }), currency: state.currency };
  return [{ type: 'OpportunityWon', occurredAt, data: win }];
}

interface ClosingFields {
  readonly status?: string;
  readonly amountMinor?: number;
  readonly reason?: string;
  readonly closedAt?: string;
}

/** The fields of a win or loss: at first its reason and a close date other than its time, later the corrected ones. */
function closingFields(command: DatedUpdate, state: OpportunityState, isAgain: boolean): ClosingFields {
  const { reason, status, amount, now } = command;
  const closedAt = command.closedAt && closeDate(command.closedAt, state);
  if (!isAgain)
    return omitUndefined({
      reason,
      closedAt: +(closedAt ?? now) === +now ? undefined : closedAt?.toISOString(),
    });
  const amountMinor = status === 'won' ? amountOf(amount, state) : undefined;
  const reported = omitUndefined({ status, amountMinor, reason, closedAt: closedAt?.toISOString() });
  const before = { ...state, closedAt: state.closedAt?.toISOString() };
  return fieldsToRecord(reported, before, command);
}

/** @throws Refused closed-before-opened */
export function closeDate(closedAt: Date, { openedAt }: OpportunityState): Date {
  if (!openedAt || closedAt >= openedAt) return closedAt;
  throw new Refused('closed-before-opened', `It was opened at ${openedAt.toISOString()}`, 'closedAt');
}

function rejectClosingFields({ status, closedAt, reason }: UpdateOpportunity): [] {
  const path = closedAt ? 'closedAt' : reason && !status ? 'reason' : undefined;
  if (path)
    throw new Refused('not-closing', `${path} needs the status won or lost, and an open opportunity`, path);
  return [];
}

export const amountOf = (amount: string | undefined, { currency }: OpportunityState): number | undefined =>
  amount === undefined ? undefined : parseAmount(amount, currency);
