import { checkCurrency, parseAmount } from './attribution/money.js';
import { assign, seat, type RoleChange } from './committee.js';
import type { OpportunityOpened } from './events.js';
import {
  opportunity,
  type Opportunity,
  type OpportunityEvent,
  type OpportunityState,
} from './opportunity.js';
import { Refused } from './refused.js';

/** What a command says about an opportunity; undefined says nothing. Amounts are decimal strings. */
export interface Said {
  readonly opportunityId: string;
  readonly name?: string | undefined;
  readonly accountId?: string | undefined;
  readonly amount?: string | undefined;
  readonly currency?: string | undefined;
  readonly stage?: string | undefined;
  readonly owner?: string | undefined;
  readonly source?: string | undefined;
  /** Roles assigned and removed; people who are not named keep theirs. */
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
  // Its contacts are known from then on, also where the CRM reports it years later.
  const roles = { opportunityId, contacts, now: occurredAt };
  return [opened, ...assignRoles(roles, opportunity.evolve(state, opened))];
}

function openAgain(
  { openedAt, contacts }: OpenOpportunity,
  data: OpportunityOpened,
  opening: OpportunityOpened,
  { openedAt: since, roles, deleted }: Opportunity,
): OpportunityEvent[] {
  if (deleted) {
    throw new Refused('opportunity-exists', `${data.opportunityId} was deleted; PUT it to bring it back`);
  }
  const sameTime = openedAt === undefined || +openedAt === +(since ?? openedAt);
  const sameRoles = contacts.every(({ keys, role }) => keys.some((key) => roles.includes(`${key} ${role}`)));
  const otherFacts = { ...differing(data, opening), ...differing(opening, data) };
  if (sameTime && sameRoles && Object.keys(otherFacts).length === 0) return [];
  throw new Refused(
    'opportunity-exists',
    `${data.opportunityId} was opened with other facts; change it instead`,
  );
}

/** Assigns and removes roles, one after the other. */
export function assignRoles(
  {
    opportunityId,
    contacts,
    now,
    restate,
  }: Pick<Said, 'opportunityId' | 'contacts' | 'now'> & { restate?: boolean },
  state: OpportunityState,
): OpportunityEvent[] {
  let committee = state.contacts;
  return contacts.flatMap((roleChange) => {
    const place = { opportunityId, accountId: state.accountId, now, restate };
    const events = assign(roleChange, committee, place);
    committee = events.reduce((seated, event) => seat(seated, event.data, event), committee);
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
