import { checkCurrency, parseAmount } from './attribution/money.js';
import { assignRole, applyRole, type RoleChange } from './committee.js';
import type { OpportunityOpened } from './events.js';
import {
  opportunity,
  type Opportunity,
  type OpportunityEvent,
  type OpportunityState,
} from './opportunity.js';
import { Refused } from './refused.js';

/** The fields of a command about an opportunity; undefined ones are unchanged. Amounts are decimal strings. */
export interface OpportunityFields {
  readonly opportunityId: string;
  readonly name?: string | undefined;
  readonly accountId?: string | undefined;
  readonly amount?: string | undefined;
  readonly currency?: string | undefined;
  readonly stage?: string | undefined;
  readonly owner?: string | undefined;
  readonly source?: string | undefined;
  /** Roles assigned and removed; other contacts keep theirs. */
  readonly contacts: readonly RoleChange[];
  readonly now: Date;
}

export interface OpenOpportunity extends OpportunityFields {
  readonly currency: string;
  readonly openedAt?: Date | undefined;
}

/** @throws Refused opportunity-exists (it was opened with other values), opened-in-future, currency-unknown, amount-… */
export function open(command: OpenOpportunity, state: Opportunity): OpportunityEvent[] {
  const { opportunityId, amount = '0', contacts, now } = command;
  const currency = checkCurrency(command.currency);
  const amountMinor = parseAmount(amount, currency);
  const data: OpportunityOpened = { opportunityId, ...textFields(command), amountMinor, currency };
  if (state.opening) return repeatOpening(command, data, state.opening, state);
  const occurredAt = notInFuture(now, command.openedAt ?? now, 'opened-in-future', 'openedAt');
  const opened: OpportunityEvent = { type: 'OpportunityOpened', occurredAt, data };
  // Its contacts are known since the opening, even if the CRM reports it years later.
  const roles = { opportunityId, contacts, now: occurredAt };
  return [opened, ...assignRoles(roles, opportunity.evolve(state, opened))];
}

function repeatOpening(
  { openedAt, contacts }: OpenOpportunity,
  data: OpportunityOpened,
  opening: OpportunityOpened,
  { openedAt: since, roles, deleted }: Opportunity,
): OpportunityEvent[] {
  if (deleted) {
    throw new Refused('opportunity-exists', `${data.opportunityId} was deleted; restore it with PUT`);
  }
  const sameTime = openedAt === undefined || +openedAt === +(since ?? openedAt);
  const sameRoles = contacts.every(({ keys, role }) => keys.some((key) => roles.includes(`${key} ${role}`)));
  const otherFacts = { ...changedFields(data, opening), ...changedFields(opening, data) };
  if (sameTime && sameRoles && Object.keys(otherFacts).length === 0) return [];
  throw new Refused(
    'opportunity-exists',
    `${data.opportunityId} was opened with other values; send changes with PATCH or PUT`,
  );
}

/** Decides the events that assign and remove roles, one after the other. */
export function assignRoles(
  {
    opportunityId,
    contacts,
    now,
    restate,
  }: Pick<OpportunityFields, 'opportunityId' | 'contacts' | 'now'> & { restate?: boolean },
  state: OpportunityState,
): OpportunityEvent[] {
  let committee = state.contacts;
  return contacts.flatMap((roleChange) => {
    const place = { opportunityId, accountId: state.accountId, now, restate };
    const events = assignRole(roleChange, committee, place);
    committee = events.reduce((seated, event) => applyRole(seated, event.data, event), committee);
    return events;
  });
}

/** The object without undefined fields. */
export function omitUndefined<T extends object>(said: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const pairs = Object.entries(said).filter(([, value]) => value !== undefined);
  return Object.fromEntries(pairs) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** The text fields of a command. */
export const textFields = ({ name, accountId, stage, owner, source }: OpportunityFields) =>
  omitUndefined({ name, accountId, stage, owner, source });

/** The fields whose values differ from `than`. */
export function changedFields<T extends object>(said: T, than: object): Partial<T> {
  const pairs = Object.entries(said).filter(
    ([key, value]) => (than as Record<string, unknown>)[key] !== value,
  );
  return Object.fromEntries(pairs) as Partial<T>;
}

/** Tolerated clock skew: a time up to five minutes ahead counts as now. */
const SKEW_MS = 300_000;

/** @throws Refused `code` if the time is in the future */
export function notInFuture(now: Date, at: Date, code: string, path: string): Date {
  if (+at > +now + SKEW_MS) throw new Refused(code, `${at.toISOString()} is in the future`, path);
  return at > now ? now : at;
}
