import { checkCurrency, parseAmount } from './attribution/money.js';
import { assign, seat, type Contact, type RoleChange } from './committee.js';
import type { Decider, Happened } from './decider.js';
import type { OpportunityOpened } from './events.js';
import { Refused } from './refused.js';

/** A deal as the CRM tells of it. */
export interface Opportunity {
  readonly status: 'none' | 'open' | 'won' | 'lost';
  readonly name?: string;
  readonly accountId?: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly stage?: string;
  readonly owner?: string;
  readonly source?: string;
  /** Of the last win, loss or reopening. */
  readonly reason?: string | undefined;
  readonly openedAt?: Date;
  /** While it is won or lost. */
  readonly closedAt?: Date | undefined;
  readonly contacts: readonly Contact[];
  /** How it was opened; a CRM that sends that again says nothing new, whatever changed since. */
  readonly opening?: OpportunityOpened;
  /** Every `key role` that was ever assigned. */
  readonly roles: readonly string[];
}

export type OpportunityEvent = Happened<
  | 'OpportunityOpened'
  | 'OpportunityChanged'
  | 'ContactRoleAssigned'
  | 'OpportunityWon'
  | 'OpportunityLost'
  | 'OpportunityReopened'
>;

const NONE: Opportunity = { status: 'none', amountMinor: 0, currency: '', contacts: [], roles: [] };

export const opportunity: Decider<Opportunity, OpportunityEvent> = {
  initial: NONE,
  evolve(state, { type, occurredAt, data }) {
    switch (type) {
      case 'OpportunityOpened':
        return { ...NONE, ...factsOf(data), status: 'open', openedAt: occurredAt, opening: data };
      case 'OpportunityChanged':
        return { ...state, ...factsOf(data) };
      case 'ContactRoleAssigned': {
        const roles = data.contact.map((key) => `${key} ${data.role}`);
        return { ...state, contacts: seat(state.contacts, data), roles: [...state.roles, ...roles] };
      }
      case 'OpportunityWon':
        return { ...state, reason: undefined, ...factsOf(data), status: 'won', closedAt: occurredAt };
      case 'OpportunityLost':
        return { ...state, reason: undefined, ...factsOf(data), status: 'lost', closedAt: occurredAt };
      case 'OpportunityReopened':
        return { ...state, reason: undefined, ...factsOf(data), status: 'open', closedAt: undefined };
    }
  },
};

const factsOf = <T extends { readonly opportunityId: string }>({ opportunityId: _, ...facts }: T) => facts;

/** What a command says about a deal; undefined says nothing. Amounts are decimal strings. */
export interface Said {
  readonly opportunityId: string;
  readonly name?: string | undefined;
  readonly accountId?: string | undefined;
  readonly amount?: string | undefined;
  readonly currency?: string | undefined;
  readonly stage?: string | undefined;
  readonly owner?: string | undefined;
  readonly source?: string | undefined;
  /** Roles given and taken; people who are not named keep theirs. */
  readonly contacts: readonly RoleChange[];
  readonly now: Date;
}

export interface OpenOpportunity extends Said {
  readonly currency: string;
  readonly openedAt?: Date | undefined;
}

/** @throws Refused opportunity-exists (it was opened otherwise), opened-in-future, currency-unknown, amount-… */
export function open(command: OpenOpportunity, state: Opportunity): OpportunityEvent[] {
  const { opportunityId, amount = '0', contacts, now } = command;
  const currency = checkCurrency(command.currency);
  const amountMinor = parseAmount(amount, currency);
  const data: OpportunityOpened = { opportunityId, ...texts(command), amountMinor, currency };
  if (state.opening) return openAgain(command, data, state.opening, state);
  const occurredAt = notAfter(now, command.openedAt ?? now, 'opened-in-future', 'openedAt');
  const opened: OpportunityEvent = { type: 'OpportunityOpened', occurredAt, data };
  // Its contacts are known from then on, also where the CRM tells of it years later.
  const roles = { opportunityId, contacts, now: occurredAt };
  return [opened, ...assignRoles(roles, opportunity.evolve(state, opened))];
}

function openAgain(
  { openedAt, contacts }: OpenOpportunity,
  data: OpportunityOpened,
  opening: OpportunityOpened,
  { openedAt: since, roles }: Opportunity,
): OpportunityEvent[] {
  const sameTime = openedAt === undefined || +openedAt === +(since ?? openedAt);
  const sameRoles = contacts.every(({ keys, role }) => keys.some((key) => roles.includes(`${key} ${role}`)));
  const otherFacts = { ...differing(data, opening), ...differing(opening, data) };
  if (sameTime && sameRoles && Object.keys(otherFacts).length === 0) return [];
  throw new Refused(
    'opportunity-exists',
    `${data.opportunityId} was opened with other facts; change it instead`,
  );
}

/** Gives and takes roles, one after the other. */
export function assignRoles(
  { opportunityId, contacts, now }: Pick<Said, 'opportunityId' | 'contacts' | 'now'>,
  state: Opportunity,
): OpportunityEvent[] {
  let committee = state.contacts;
  return contacts.flatMap((roleChange) => {
    const events = assign(roleChange, committee, { opportunityId, accountId: state.accountId, now });
    committee = events.reduce((seated, { data }) => seat(seated, data), committee);
    return events;
  });
}

/** Without the parts that nothing was said of. */
export function given<T extends object>(said: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const pairs = Object.entries(said).filter(([, value]) => value !== undefined);
  return Object.fromEntries(pairs) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** The plain texts of a command. */
export const texts = ({ name, accountId, stage, owner, source }: Said) =>
  given({ name, accountId, stage, owner, source });

/** The parts that are not the same in `than`. */
export function differing<T extends object>(said: T, than: object): Partial<T> {
  const pairs = Object.entries(said).filter(
    ([key, value]) => (than as Record<string, unknown>)[key] !== value,
  );
  return Object.fromEntries(pairs) as Partial<T>;
}

/** Clocks differ: what lies up to five minutes ahead is taken for now. */
const SKEW_MS = 300_000;

/** @throws Refused `code` when the time lies in the future */
export function notAfter(now: Date, at: Date, code: string, path: string): Date {
  if (+at > +now + SKEW_MS) throw new Refused(code, `${at.toISOString()} is in the future`, path);
  return at > now ? now : at;
}
