import { applyRole, replaceCommittee, type Contact } from './committee.js';
import type { Decider, DomainEvent } from './decider.js';
import type { OpportunityChanged, OpportunityOpened, OpportunityWon, RecordedEvent } from './events.js';
import { amountAfter, type CurrentAmount } from './opportunity-amount.js';

export type OpportunityStatus = 'open' | 'won' | 'lost';

/** The state of an opportunity at some time, as reported by the CRM. */
export interface OpportunityState extends CurrentAmount {
  /** `none` before the first report. */
  readonly status: 'none' | OpportunityStatus;
  /** It was deleted in the CRM and not reported since. */
  readonly deleted: boolean;
  readonly name?: string | undefined;
  readonly accountId?: string | undefined;
  readonly stage?: string | undefined;
  readonly owner?: string | undefined;
  readonly source?: string | undefined;
  /** Of the last win, loss or reopening. */
  readonly reason?: string | undefined;
  readonly openedAt?: Date | undefined;
  /** While it is won or lost. */
  readonly closedAt?: Date | undefined;
  /** The close date as reported, also while it is open. */
  readonly closeDate?: Date | undefined;
  /** The reason as reported, also before it is closed. */
  readonly closeReason?: string | undefined;
  readonly contacts: readonly Contact[];
  /** The data of its opening; opening it again with the same data changes nothing. */
  readonly opening?: OpportunityOpened;
  /** Every `key role` that was ever assigned. */
  readonly roles: readonly string[];
  /** When (in ms) each field was last reported, even with the same value. */
  readonly reportedAt: Readonly<Partial<Record<ReportedField, number>>>;
}

/** The state after all events, with the events in the order in which they happened. */
export interface Opportunity extends OpportunityState {
  readonly events: readonly OpportunityEvent[];
}

export type ReportedField = keyof Omit<OpportunityChanged, 'opportunityId'> | 'deleted';

/** A recorded event has an id, one that was just decided does not. */
export type OpportunityEvent = DomainEvent<
  | 'OpportunityOpened'
  | 'OpportunityChanged'
  | 'ContactRoleAssigned'
  | 'OpportunityWon'
  | 'OpportunityLost'
  | 'OpportunityReopened'
  | 'OpportunityDeleted'
> &
  Partial<Pick<RecordedEvent, 'id' | 'correlationId' | 'position'>>;

/** Before any event. */
export const INITIAL_STATE: OpportunityState = {
  status: 'none',
  deleted: false,
  amountMinor: 0,
  currency: '',
  contacts: [],
  roles: [],
  reportedAt: {},
};

/**
 * Applies events in the order in which they happened (`occurredAt`, then id), whatever the order of recording: for every
 * field the latest report applies.
 */
export const opportunity: Decider<Opportunity, OpportunityEvent> = {
  initial: { ...INITIAL_STATE, events: [] },
  evolve(state, event) {
    const at = state.events.findLastIndex((each) => compareEvents(each, event) <= 0) + 1;
    const events = state.events.toSpliced(at, 0, event);
    return at === state.events.length
      ? { ...applyEvent(state, event), events }
      : { ...events.reduce(applyEvent, INITIAL_STATE), events };
  },
};

/** The state as of a time, from the events known now. */
export function stateAt(state: Opportunity, at: Date): OpportunityState {
  const last = state.events.at(-1);
  if (!last || last.occurredAt <= at) return state;
  return state.events.filter(({ occurredAt }) => occurredAt <= at).reduce(applyEvent, INITIAL_STATE);
}

/** The time of the last event. */
export const lastChangeOf = ({ events }: Opportunity): Date | undefined => events.at(-1)?.occurredAt;

/** The order in which events happened. */
export const compareEvents = (a: OpportunityEvent, b: OpportunityEvent): number =>
  +a.occurredAt - +b.occurredAt || rankOf(a) - rankOf(b) || compare(a.id ?? NOT_YET, b.id ?? NOT_YET);

/** At one instant the opening comes first, and a close date that was reported later precedes reports of that instant. */
function rankOf({ type, occurredAt, data }: OpportunityEvent): number {
  if (type === 'OpportunityOpened') return 0;
  if (type !== 'OpportunityWon' && type !== 'OpportunityLost') return 3;
  if (data.closedAt !== occurredAt.toISOString()) return 3;
  return type === 'OpportunityLost' ? 1 : 2;
}

/** Ids of commands increase with time, so an event without an id sorts last. */
const NOT_YET = '~';
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The state after an event that is later than all others. */
export function applyEvent(before: OpportunityState, event: OpportunityEvent): OpportunityState {
  const { occurredAt } = event;
  if (event.type === 'OpportunityDeleted') {
    return { ...before, deleted: true, reportedAt: { ...before.reportedAt, deleted: +occurredAt } };
  }
  if (event.type === 'ContactRoleAssigned') {
    const roles = event.data.contact.map((key) => `${key} ${event.data.role}`);
    const contacts = applyRole(before.contacts, event.data, event);
    return { ...before, deleted: false, contacts, roles: [...before.roles, ...roles] };
  }
  const status = before.status === 'none' ? 'open' : before.status;
  const state = { ...before, status, deleted: false, openedAt: before.openedAt ?? occurredAt } as const;
  switch (event.type) {
    case 'OpportunityOpened':
      return { ...applyFields(state, openingFields(event.data, state), occurredAt), opening: event.data };
    case 'OpportunityChanged':
      return applyChange(state, event);
    case 'OpportunityWon':
      return applyClose(state, 'won', { ...event, data: winFields(event.data) });
    case 'OpportunityLost':
      return applyClose(state, 'lost', event);
    case 'OpportunityReopened':
      return applyReopening(state, event);
  }
}

/** A report of an earlier time may have named another currency than the one assumed at the opening. */
const openingFields = ({ currency, ...data }: OpportunityOpened, before: OpportunityState): object =>
  before.currency === '' ? { ...data, currency } : data;

/** The currency of a win is that of its amount. */
const winFields = ({
  currency,
  ...data
}: OpportunityWon): OpportunityWon | Omit<OpportunityWon, 'currency'> =>
  data.amountMinor === undefined ? data : { ...data, currency };

const TEXTS = ['name', 'accountId', 'stage', 'owner', 'source', 'reason'] as const;

/** Applies the plain fields of an event; null clears a field. */
function applyFields(state: OpportunityState, data: object, at: Date): OpportunityState {
  const { opportunityId: _, ...parts } = data as Omit<OpportunityChanged, 'contacts'>;
  const reportedAt = Object.fromEntries(Object.keys(parts).map((part) => [part, +at]));
  const texts = TEXTS.flatMap((part) =>
    parts[part] === undefined ? [] : [[part, parts[part] ?? undefined]],
  );
  return {
    ...state,
    ...(Object.fromEntries(texts) as Partial<OpportunityState>),
    ...amountAfter(state, parts),
    openedAt: parts.openedAt === undefined ? state.openedAt : new Date(parts.openedAt),
    reportedAt: { ...state.reportedAt, ...reportedAt },
  };
}

type EventOf<T extends OpportunityEvent['type']> = Extract<OpportunityEvent, { readonly type: T }>;

function applyChange(before: OpportunityState, event: EventOf<'OpportunityChanged'>): OpportunityState {
  const { contacts, ...data } = event.data;
  const { status } = data;
  const state =
    contacts === undefined
      ? before
      : { ...before, contacts: replaceCommittee(before.contacts, contacts, event) };
  const reportedAt =
    contacts === undefined ? state.reportedAt : { ...state.reportedAt, contacts: +event.occurredAt };
  const isLeft = data.formerAccountId !== undefined && data.formerAccountId === state.accountId;
  const left = isLeft ? { ...state, accountId: undefined } : state;
  const next = applyStatus({ ...left, reportedAt }, status, { ...event, data });
  const dated =
    data.closeDate === undefined ? next : withReportedCloseDate(next, data.closeDate, event.occurredAt);
  return data.closeReason === undefined ? dated : withReportedReason(dated, data.closeReason ?? undefined);
}

function applyStatus(
  before: OpportunityState,
  status: OpportunityChanged['status'],
  event: EventOf<'OpportunityChanged'>,
): OpportunityState {
  const { data, occurredAt } = event;
  if (status === 'open') return applyReopening(before, event);
  if (status !== undefined) return applyClose(before, status, event);
  const { closedAt } = data;
  return applyFields(closedAt === undefined ? before : withCloseDate(before, closedAt), data, occurredAt);
}

/** A close date without a status corrects that of a closed opportunity. */
const withCloseDate = (state: OpportunityState, closedAt: string): OpportunityState =>
  state.status === 'open' ? state : { ...state, closedAt: new Date(closedAt) };

/** A change, win or loss. */
interface ClosingEvent {
  readonly occurredAt: Date;
  readonly data: Pick<OpportunityChanged, 'closedAt'>;
}

/** The close date as the CRM has it; that of a closed opportunity is when it was closed. */
function withReportedCloseDate(state: OpportunityState, reported: string | null, at: Date): OpportunityState {
  const closeDate = reported === null ? undefined : new Date(reported);
  const next = { ...state, closeDate };
  return state.status === 'open' ? next : { ...next, closedAt: closingTime(next, at) ?? state.closedAt };
}

const withReportedReason = (state: OpportunityState, closeReason: string | undefined): OpportunityState =>
  state.status === 'open' ? { ...state, closeReason } : { ...state, closeReason, reason: closeReason };

/** The reported close date, unless it is only expected at that time; nothing is closed before it was opened. */
function closingTime({ closeDate, openedAt }: OpportunityState, at: Date): Date | undefined {
  if (!closeDate || closeDate > at) return undefined;
  return openedAt && openedAt > closeDate ? openedAt : closeDate;
}

/** Closes it as won or lost. If it already is, an absent close date or reason is unchanged. */
function applyClose(
  before: OpportunityState,
  status: 'won' | 'lost',
  { data, occurredAt }: ClosingEvent,
): OpportunityState {
  const again = before.status === status;
  const state = applyFields(
    { ...before, status, reason: again ? before.reason : before.closeReason },
    data,
    occurredAt,
  );
  const closedAt = data.closedAt === undefined ? undefined : new Date(data.closedAt);
  const kept = again && !closedAt ? before.closedAt : undefined;
  const reportedAt = { ...state.reportedAt, status: +occurredAt, ...(kept ? {} : { closedAt: +occurredAt }) };
  return { ...state, closedAt: closedAt ?? kept ?? closingTime(state, occurredAt) ?? occurredAt, reportedAt };
}

function applyReopening(
  before: OpportunityState,
  { data, occurredAt }: EventOf<'OpportunityChanged' | 'OpportunityReopened'>,
): OpportunityState {
  const reason = before.status === 'open' ? before.reason : undefined;
  const state = applyFields({ ...before, status: 'open', reason }, data, occurredAt);
  return { ...state, closedAt: undefined, reportedAt: { ...state.reportedAt, status: +occurredAt } };
}
