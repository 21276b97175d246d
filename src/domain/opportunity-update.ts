import { parseAmount } from './attribution/money.js';
import { moved } from './committee.js';
import { replay } from './decider.js';
import {
  assignRoles,
  differing,
  given,
  notAfter,
  opportunity,
  texts,
  type Opportunity,
  type OpportunityEvent,
  type Said,
} from './opportunity.js';
import { Refused } from './refused.js';

export interface UpdateOpportunity extends Said {
  readonly status?: 'open' | 'won' | 'lost' | undefined;
  readonly closedAt?: Date | undefined;
  readonly reason?: string | undefined;
  /** When it changed; default: now. */
  readonly occurredAt?: Date | undefined;
}

/**
 * Decides all that one update says, in the order in which it makes sense: reopened, changed, roles, closed. The figures
 * of a closed deal stand; saying its win or loss again with another amount, date or reason corrects it.
 *
 * @throws Refused opportunity-not-found, opportunity-closed, currency-fixed, amount-…, changed-before-opened,
 * changed-in-future, closed-before-opened, closed-in-future, not-closing
 */
export function update(command: UpdateOpportunity, state: Opportunity): OpportunityEvent[] {
  if (state.status === 'none') {
    throw new Refused(
      'opportunity-not-found',
      `There is no opportunity ${command.opportunityId}; open it first`,
    );
  }
  const then = { ...command, now: changedAt(command, state) };
  let reached = state;
  return [reopen, change, assignRoles, close].flatMap((decide) => {
    const decided = decide(decide === close ? command : then, reached);
    reached = replay(opportunity, decided, reached);
    return decided;
  });
}

function changedAt({ occurredAt, now }: UpdateOpportunity, { openedAt }: Opportunity): Date {
  if (occurredAt === undefined) return now;
  if (openedAt && occurredAt < openedAt) {
    throw new Refused('changed-before-opened', `It was opened at ${openedAt.toISOString()}`, 'occurredAt');
  }
  return notAfter(now, occurredAt, 'changed-in-future', 'occurredAt');
}

function reopen(
  { opportunityId, status, reason, now }: UpdateOpportunity,
  state: Opportunity,
): OpportunityEvent[] {
  if (status !== 'open' || state.status === 'open') return [];
  return [{ type: 'OpportunityReopened', occurredAt: now, data: { opportunityId, ...given({ reason }) } }];
}

function change(command: UpdateOpportunity, state: Opportunity): OpportunityEvent[] {
  const { opportunityId, currency, now } = command;
  if (currency !== undefined && currency !== state.currency) {
    throw new Refused('currency-fixed', `It was opened in ${state.currency}; that stays`, 'currency');
  }
  // Where the win is said again, another amount is a correction of the win.
  const amountMinor =
    command.status === 'won' && state.status === 'won' ? undefined : amountOf(command, state);
  const changes = differing({ ...texts(command), ...given({ amountMinor }) }, state);
  if (Object.keys(changes).length === 0) return [];
  if (state.status !== 'open' && ('amountMinor' in changes || 'stage' in changes)) {
    throw new Refused('opportunity-closed', `It is ${state.status}: amount and stage stand; reopen it first`);
  }
  const data = { opportunityId, ...changes };
  const contacts = 'accountId' in changes ? moved(state.contacts, { ...data, now }) : [];
  return [{ type: 'OpportunityChanged', occurredAt: now, data }, ...contacts];
}

function close(command: UpdateOpportunity, state: Opportunity): OpportunityEvent[] {
  const { opportunityId, now, status = state.status } = command;
  if (status === 'open') return notClosing(command);
  if (state.status !== 'open' && state.status !== status) {
    throw new Refused('opportunity-closed', `It is ${state.status}; reopen it first`);
  }
  const said = command.closedAt ?? state.closedAt ?? command.occurredAt ?? now;
  const occurredAt = notAfter(now, said, 'closed-in-future', 'closedAt');
  if (state.openedAt && occurredAt < state.openedAt) {
    throw new Refused('closed-before-opened', `It was opened at ${state.openedAt.toISOString()}`, 'closedAt');
  }
  const amountMinor = amountOf(command, state) ?? state.amountMinor;
  const reason = command.reason ?? (state.status === status ? state.reason : undefined);
  if (+occurredAt === +(state.closedAt ?? 0) && amountMinor === state.amountMinor && reason === state.reason)
    return [];
  const data = { opportunityId, ...given({ reason }) };
  if (status === 'lost') return [{ type: 'OpportunityLost', occurredAt, data }];
  return [{ type: 'OpportunityWon', occurredAt, data: { ...data, amountMinor, currency: state.currency } }];
}

function notClosing({ status, closedAt, reason }: UpdateOpportunity): [] {
  const path = closedAt ? 'closedAt' : reason && !status ? 'reason' : undefined;
  if (path)
    throw new Refused('not-closing', `${path} goes with the status won or lost of an open deal`, path);
  return [];
}

const amountOf = ({ amount }: UpdateOpportunity, { currency }: Opportunity): number | undefined =>
  amount === undefined ? undefined : parseAmount(amount, currency);
