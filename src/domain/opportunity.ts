import { seat, seatAll, type Contact } from './committee.js';
import type { Decider, Happened } from './decider.js';
import type { OpportunityChanged, OpportunityOpened } from './events.js';

export type OpportunityStatus = 'open' | 'won' | 'lost';

/** An opportunity as the CRM reports it, at some time. */
export interface OpportunityState {
  /** `none` before anything is known of it. */
  readonly status: 'none' | OpportunityStatus;
  /** It was deleted in the CRM, and nothing was said of it since. */
  readonly deleted: boolean;
  readonly name?: string | undefined;
  readonly accountId?: string | undefined;
  readonly amountMinor: number;
  readonly currency: string;
  readonly stage?: string | undefined;
  readonly owner?: string | undefined;
  readonly source?: string | undefined;
  /** Of the last win, loss or reopening. */
  readonly reason?: string | undefined;
  readonly openedAt?: Date | undefined;
  /** While it is won or lost. */
  readonly closedAt?: Date | undefined;
  readonly contacts: readonly Contact[];
  /** How it was opened; a CRM that sends that again says nothing new, whatever changed since. */
  readonly opening?: OpportunityOpened;
  /** Every `key role` that was ever assigned. */
  readonly roles: readonly string[];
  /** When (in ms) each part was last said, the same value included. */
  readonly saidAt: Readonly<Partial<Record<Part, number>>>;
}

/** As it stands after all events, with the events in the order in which they happened. */
export interface Opportunity extends OpportunityState {
  readonly events: readonly OpportunityEvent[];
}

export type Part = keyof Omit<OpportunityChanged, 'opportunityId'> | 'deleted';

/** A recorded event names its id, one that was just decided has none yet. */
export type OpportunityEvent = Happened<
  | 'OpportunityOpened'
  | 'OpportunityChanged'
  | 'ContactRoleAssigned'
  | 'OpportunityWon'
  | 'OpportunityLost'
  | 'OpportunityReopened'
  | 'OpportunityDeleted'
> & { readonly id?: string };

/** Before any event. */
export const NOTHING_KNOWN: OpportunityState = {
  status: 'none',
  deleted: false,
  amountMinor: 0,
  currency: '',
  contacts: [],
  roles: [],
  saidAt: {},
};

/**
 * The state follows from the events in the order in which they happened (`occurredAt`, then id), whatever order they were
 * recorded in: what was said last of a part counts.
 */
export const opportunity: Decider<Opportunity, OpportunityEvent> = {
  initial: { ...NOTHING_KNOWN, events: [] },
  evolve(state, event) {
    const at = state.events.findLastIndex((each) => inOrder(each, event) <= 0) + 1;
    const events = state.events.toSpliced(at, 0, event);
    return at === state.events.length
      ? { ...step(state, event), events }
      : { ...events.reduce(step, NOTHING_KNOWN), events };
  },
};

/** As it stood right after what had happened up to a time, as far as is known now. */
export function stateAt(state: Opportunity, at: Date): OpportunityState {
  const last = state.events.at(-1);
  if (!last || last.occurredAt <= at) return state;
  return state.events.filter(({ occurredAt }) => occurredAt <= at).reduce(step, NOTHING_KNOWN);
}

/** When the last thing happened that is known of it. */
export const lastChangeOf = ({ events }: Opportunity): Date | undefined => events.at(-1)?.occurredAt;

/** The order in which events happened. */
export const inOrder = (a: OpportunityEvent, b: OpportunityEvent): number =>
  +a.occurredAt - +b.occurredAt || rankOf(a) - rankOf(b) || compare(a.id ?? NOT_YET, b.id ?? NOT_YET);

/** At one instant the opening comes first, and a close date that was reported later precedes what was said of then. */
function rankOf({ type, occurredAt, data }: OpportunityEvent): number {
  if (type === 'OpportunityOpened') return 0;
  if (type !== 'OpportunityWon' && type !== 'OpportunityLost') return 3;
  if (data.closedAt !== occurredAt.toISOString()) return 3;
  return type === 'OpportunityLost' ? 1 : 2;
}

/** Ids of commands rise with time: what has no id yet comes last. */
const NOT_YET = '~';
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The state after an event that happened later than all the others. */
export function step(before: OpportunityState, event: OpportunityEvent): OpportunityState {
  const { occurredAt } = event;
  if (event.type === 'OpportunityDeleted') {
    return { ...before, deleted: true, saidAt: { ...before.saidAt, deleted: +occurredAt } };
  }
  if (event.type === 'ContactRoleAssigned') {
    const roles = event.data.contact.map((key) => `${key} ${event.data.role}`);
    const contacts = seat(before.contacts, event.data, event);
    return { ...before, deleted: false, contacts, roles: [...before.roles, ...roles] };
  }
  const status = before.status === 'none' ? 'open' : before.status;
  const state = { ...before, status, deleted: false, openedAt: before.openedAt ?? occurredAt } as const;
  switch (event.type) {
    case 'OpportunityOpened':
      return { ...said(state, event.data, occurredAt), opening: event.data };
    case 'OpportunityChanged':
      return reported(state, event);
    case 'OpportunityWon':
      return closed(state, 'won', event);
    case 'OpportunityLost':
      return closed(state, 'lost', event);
    case 'OpportunityReopened':
      return reopened(state, event);
  }
}

const TEXTS = ['name', 'accountId', 'stage', 'owner', 'source', 'reason'] as const;

/** The plain facts among the data of an event; null clears one. */
function said(state: OpportunityState, data: object, at: Date): OpportunityState {
  const { opportunityId: _, ...parts } = data as Omit<OpportunityChanged, 'contacts'>;
  const saidAt = Object.fromEntries(Object.keys(parts).map((part) => [part, +at]));
  const texts = TEXTS.flatMap((part) =>
    parts[part] === undefined ? [] : [[part, parts[part] ?? undefined]],
  );
  return {
    ...state,
    ...(Object.fromEntries(texts) as Partial<OpportunityState>),
    amountMinor: parts.amountMinor ?? state.amountMinor,
    currency: parts.currency ?? state.currency,
    openedAt: parts.openedAt === undefined ? state.openedAt : new Date(parts.openedAt),
    saidAt: { ...state.saidAt, ...saidAt },
  };
}

type Saying<T extends OpportunityEvent['type']> = Extract<OpportunityEvent, { readonly type: T }>;

function reported(before: OpportunityState, event: Saying<'OpportunityChanged'>): OpportunityState {
  const { contacts, ...data } = event.data;
  const { status } = data;
  const state =
    contacts === undefined ? before : { ...before, contacts: seatAll(before.contacts, contacts, event) };
  const saidAt = contacts === undefined ? state.saidAt : { ...state.saidAt, contacts: +event.occurredAt };
  const next = { ...state, saidAt };
  if (status === undefined)
    return said(data.closedAt === undefined ? next : redated(next, data.closedAt), data, event.occurredAt);
  return status === 'open' ? reopened(next, { ...event, data }) : closed(next, status, { ...event, data });
}

/** A close date by itself is one of what is closed. */
const redated = (state: OpportunityState, closedAt: string): OpportunityState =>
  state.status === 'open' ? state : { ...state, closedAt: new Date(closedAt) };

/** Won or lost. Saying it again keeps what it does not say: close date and reason. */
function closed(
  before: OpportunityState,
  status: 'won' | 'lost',
  { data, occurredAt }: Saying<'OpportunityChanged' | 'OpportunityWon' | 'OpportunityLost'>,
): OpportunityState {
  const again = before.status === status;
  const state = said({ ...before, status, reason: again ? before.reason : undefined }, data, occurredAt);
  const closedAt = data.closedAt === undefined ? undefined : new Date(data.closedAt);
  const kept = again && !closedAt ? before.closedAt : undefined;
  const saidAt = { ...state.saidAt, status: +occurredAt, ...(kept ? {} : { closedAt: +occurredAt }) };
  return { ...state, closedAt: closedAt ?? kept ?? occurredAt, saidAt };
}

function reopened(
  before: OpportunityState,
  { data, occurredAt }: Saying<'OpportunityChanged' | 'OpportunityReopened'>,
): OpportunityState {
  const reason = before.status === 'open' ? before.reason : undefined;
  const state = said({ ...before, status: 'open', reason }, data, occurredAt);
  return { ...state, closedAt: undefined, saidAt: { ...state.saidAt, status: +occurredAt } };
}
