import { parseAmount } from './attribution/money.js';
import { moved } from './committee.js';
import { replay } from './decider.js';
import {
  lastChangeOf,
  opportunity,
  stateAt,
  type Opportunity,
  type OpportunityEvent,
  type OpportunityState,
} from './opportunity.js';
import { assignRoles, differing, given, notAfter, texts, type Said } from './opportunity-opening.js';
import { Refused } from './refused.js';

export interface UpdateOpportunity extends Said {
  readonly status?: 'open' | 'won' | 'lost' | undefined;
  readonly closedAt?: Date | undefined;
  readonly reason?: string | undefined;
  /** When it changed; default: now. */
  readonly occurredAt?: Date | undefined;
}

/** A command at the time that it is about. */
interface Timed extends UpdateOpportunity {
  /** The command names its time: what it says is recorded although it is known, as earlier changes may come later. */
  readonly restate: boolean;
}

/**
 * Decides all that one update says, in the order in which it makes sense: reopened, changed, roles, closed. It is judged
 * by how the opportunity stood at the time of the change. The figures of a closed one stand; saying its win or loss again
 * with another amount, date or reason corrects it.
 *
 * @throws Refused opportunity-not-found, opportunity-closed, currency-fixed, amount-…, changed-before-opened,
 * changed-in-future, closed-before-opened, closed-in-future, not-closing
 */
export function update(command: UpdateOpportunity, state: Opportunity): OpportunityEvent[] {
  const { opportunityId, occurredAt, now: receivedAt } = command;
  if (!state.opening) {
    throw new Refused('opportunity-not-found', `There is no opportunity ${opportunityId}; open it first`);
  }
  const closedAt = command.closedAt && notAfter(receivedAt, command.closedAt, 'closed-in-future', 'closedAt');
  const times = timesOf({ ...command, closedAt }, state);
  if (stateAt(state, times.changedAt).deleted) {
    throw new Refused('opportunity-not-found', `${opportunityId} was deleted; PUT it to bring it back`);
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
 * The time of a change, and that of a win or loss. Without `occurredAt` it changed now, but a close date after all that is
 * known of the opportunity is the time of both.
 */
function timesOf(command: UpdateOpportunity, state: Opportunity): { changedAt: Date; closedAt: Date } {
  const { occurredAt, now, status, closedAt: closed } = command;
  if (occurredAt !== undefined) {
    const at = notAfter(now, occurredAt, 'changed-in-future', 'occurredAt');
    return { changedAt: notBeforeOpening(at, state), closedAt: at };
  }
  const last = latest(now, state);
  if (!closed || status === 'open') return { changedAt: last, closedAt: last };
  const isLast = closed >= (lastChangeOf(state) ?? closed);
  const statusSince = Math.max(state.saidAt.status ?? 0, +(state.openedAt ?? 0));
  const endsStatus = +closed > statusSince && !state.deleted;
  return { changedAt: isLast ? closed : last, closedAt: endsStatus ? closed : last };
}

/** Now, also where the clock of the process that recorded the last change is ahead of this one's. */
export function latest(now: Date, state: Opportunity): Date {
  const last = lastChangeOf(state);
  return last && last > now ? last : now;
}

/** @throws Refused changed-before-opened */
export function notBeforeOpening(at: Date, { openedAt }: OpportunityState): Date {
  if (!openedAt || at >= openedAt) return at;
  throw new Refused('changed-before-opened', `It was opened at ${openedAt.toISOString()}`, 'occurredAt');
}

/** The parts that are news: other than before or, where everything is said again, not said at that very time. */
export function newsOf<T extends object>(
  parts: T,
  state: Pick<OpportunityState, 'saidAt'>,
  { now, restate }: { readonly now: Date; readonly restate: boolean },
): Partial<T> {
  const changes = differing(parts, state);
  if (!restate) return changes;
  const saidAt = state.saidAt as Readonly<Record<string, number | undefined>>;
  const news = Object.entries(parts).filter(([part]) => part in changes || saidAt[part] !== +now);
  return Object.fromEntries(news) as Partial<T>;
}

function reopen(command: Timed, state: OpportunityState): OpportunityEvent[] {
  const { opportunityId, status, reason, now: occurredAt } = command;
  if (status !== 'open') return [];
  if (state.status !== 'open') {
    return [{ type: 'OpportunityReopened', occurredAt, data: { opportunityId, ...given({ reason }) } }];
  }
  const news = newsOf({ status }, state, command);
  if (Object.keys(news).length === 0) return [];
  return [{ type: 'OpportunityChanged', occurredAt, data: { opportunityId, ...news } }];
}

function change(command: Timed, state: OpportunityState): OpportunityEvent[] {
  const { opportunityId, currency, now: occurredAt } = command;
  checkSameCurrency(currency, state);
  // Where the win is said again, another amount is a correction of the win.
  const amountMinor =
    command.status === 'won' && state.status === 'won' ? undefined : amountOf(command.amount, state);
  const said = { ...texts(command), ...given({ amountMinor }) };
  const changes = differing(said, state);
  if (state.status !== 'open' && ('amountMinor' in changes || 'stage' in changes)) {
    throw new Refused('opportunity-closed', `It is ${state.status}: amount and stage stand; reopen it first`);
  }
  const news = newsOf(said, state, command);
  if (Object.keys(news).length === 0) return [];
  const data = { opportunityId, ...news };
  const place = { opportunityId, accountId: command.accountId, now: occurredAt };
  const contacts = 'accountId' in changes ? moved(state.contacts, place) : [];
  return [{ type: 'OpportunityChanged', occurredAt, data }, ...contacts];
}

/** @throws Refused currency-fixed */
export function checkSameCurrency(currency: string | undefined, state: OpportunityState): void {
  if (currency === undefined || currency === state.currency) return;
  throw new Refused('currency-fixed', `It was opened in ${state.currency}; that stays`, 'currency');
}

const roles = (command: Timed, state: OpportunityState): OpportunityEvent[] => assignRoles(command, state);

function close(command: Timed, state: OpportunityState): OpportunityEvent[] {
  const { opportunityId, now: occurredAt, status = state.status } = command;
  if (status === 'open' || status === 'none') return notClosing(command);
  const isAgain = state.status === status;
  if (state.status !== 'open' && !isAgain) {
    throw new Refused('opportunity-closed', `It is ${state.status}; reopen it first`);
  }
  const { status: saidAgain, amountMinor, ...news } = closingNews(command, state, isAgain);
  const isNews = saidAgain !== undefined || amountMinor !== undefined || Object.keys(news).length > 0;
  if (isAgain && !isNews) return [];
  const data = { opportunityId, ...news };
  if (status === 'lost') return [{ type: 'OpportunityLost', occurredAt, data }];
  const win = { ...data, ...given({ amountMinor }), currency: state.currency };
  return [{ type: 'OpportunityWon', occurredAt, data: win }];
}

interface ClosingNews {
  readonly status?: string;
  readonly amountMinor?: number;
  readonly reason?: string;
  readonly closedAt?: string;
}

/** What a win or loss says: at first its reason and a date that is not its time, later what corrects it. */
function closingNews(command: Timed, state: OpportunityState, isAgain: boolean): ClosingNews {
  const { reason, status, amount, now } = command;
  const closedAt = command.closedAt && closeDate(command.closedAt, state);
  if (!isAgain)
    return given({ reason, closedAt: +(closedAt ?? now) === +now ? undefined : closedAt?.toISOString() });
  const amountMinor = status === 'won' ? amountOf(amount, state) : undefined;
  const said = given({ status, amountMinor, reason, closedAt: closedAt?.toISOString() });
  const before = { ...state, closedAt: state.closedAt?.toISOString() };
  return newsOf(said, before, command);
}

/** @throws Refused closed-before-opened */
export function closeDate(closedAt: Date, { openedAt }: OpportunityState): Date {
  if (!openedAt || closedAt >= openedAt) return closedAt;
  throw new Refused('closed-before-opened', `It was opened at ${openedAt.toISOString()}`, 'closedAt');
}

function notClosing({ status, closedAt, reason }: UpdateOpportunity): [] {
  const path = closedAt ? 'closedAt' : reason && !status ? 'reason' : undefined;
  if (path)
    throw new Refused('not-closing', `${path} goes with the status won or lost of an open opportunity`, path);
  return [];
}

export const amountOf = (amount: string | undefined, { currency }: OpportunityState): number | undefined =>
  amount === undefined ? undefined : parseAmount(amount, currency);
