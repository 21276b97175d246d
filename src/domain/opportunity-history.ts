import type { Contact } from './committee.js';
import {
  inOrder,
  NOTHING_KNOWN,
  step,
  type OpportunityEvent,
  type OpportunityState,
  type OpportunityStatus,
} from './opportunity.js';

/** What later states follow from; `roles` and `saidAt` are for decisions alone. */
export type ReportedState = Omit<OpportunityState, 'roles' | 'saidAt'>;

/** A sales stage or a status that an opportunity entered. */
export interface StageEntry {
  readonly event: OpportunityEvent;
  readonly stage: string | null;
  readonly status: OpportunityStatus;
  readonly amountMinor: number;
  readonly currency: string;
}

/** The events [from, to) of a history. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * The events of an opportunity in the order in which they happened, with the state after each. A late event folds the
 * later ones again only as far as it makes a difference to them, so that many changes cost about the same in any order.
 */
export class OpportunityHistory {
  private readonly events: OpportunityEvent[] = [];
  private readonly states: OpportunityState[] = [];
  private changeCount = 0;

  constructor(events: readonly OpportunityEvent[]) {
    for (const event of events.toSorted(inOrder)) this.insert(event);
  }

  get state(): ReportedState {
    return this.states.at(-1) ?? NOTHING_KNOWN;
  }

  get length(): number {
    return this.events.length;
  }

  /** How many events are not about a role. */
  get changes(): number {
    return this.changeCount;
  }

  /** The last event that is not about a role. */
  get lastChange(): OpportunityEvent | undefined {
    return this.events.findLast(isChange);
  }

  /** Answers the events whose stage entries may differ now. */
  insert(event: OpportunityEvent): Window {
    const at = this.placeOf(event);
    if (isChange(event)) this.changeCount += 1;
    this.events.splice(at, 0, event);
    this.states.splice(at, 0, NOTHING_KNOWN);
    let index = at;
    for (; index < this.events.length; index++) {
      const next = this.stateAt(index);
      if (index > at && isSame(next, this.states[index])) break;
      this.states[index] = next;
    }
    return { from: Math.max(at - 1, 0), to: this.endOfInstant(index) };
  }

  /** The sales stage or status that the opportunity entered and stayed in with each event of a window, if it did. */
  *stageEntries({ from, to }: Window): Generator<readonly [OpportunityEvent, StageEntry | undefined]> {
    for (let index = from; index < to; index++) {
      const event = this.events[index];
      if (event) yield [event, this.entryOf(index, event)];
    }
  }

  private placeOf(event: OpportunityEvent): number {
    let [low, high] = [0, this.events.length];
    const last = this.events.at(-1);
    if (!last || inOrder(last, event) <= 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = this.events[middle];
      if (there && inOrder(there, event) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private stateAt(index: number): OpportunityState {
    const before = this.states[index - 1] ?? NOTHING_KNOWN;
    const event = this.events[index];
    return event ? step(before, event) : before;
  }

  /** What it entered at one instant, it left at that instant but for the last. */
  private entryOf(index: number, event: OpportunityEvent): StageEntry | undefined {
    const state = this.states[index];
    if (!state || state.status === 'none' || this.isSameInstant(index, index + 1)) return undefined;
    let previous = index - 1;
    while (this.isSameInstant(previous, index)) previous -= 1;
    const before = this.states[previous];
    const { status, stage = null, amountMinor, currency } = state;
    if (before?.status === status && (before.stage ?? null) === stage) return undefined;
    return { event, stage, status, amountMinor, currency };
  }

  private isSameInstant(one: number, other: number): boolean {
    return +(this.events[one]?.occurredAt ?? NaN) === +(this.events[other]?.occurredAt ?? NaN);
  }

  /** One after the last event of the instant of the event at `index`. */
  private endOfInstant(index: number): number {
    let end = index;
    while (this.isSameInstant(end, end + 1)) end += 1;
    return Math.min(end + 1, this.events.length);
  }
}

const isChange = ({ type }: OpportunityEvent): boolean => type !== 'ContactRoleAssigned';

const FIELDS = [
  'status',
  'deleted',
  'name',
  'accountId',
  'amountMinor',
  'currency',
  'stage',
  'owner',
  'source',
  'reason',
  'opening',
] as const satisfies readonly (keyof ReportedState)[];

const isSame = (a: ReportedState, b: ReportedState | undefined): boolean =>
  b !== undefined &&
  FIELDS.every((field) => a[field] === b[field]) &&
  a.openedAt?.getTime() === b.openedAt?.getTime() &&
  a.closedAt?.getTime() === b.closedAt?.getTime() &&
  isSameCommittee(a.contacts, b.contacts);

const isSameCommittee = (a: readonly Contact[], b: readonly Contact[]): boolean =>
  a === b || (a.length === b.length && a.every((contact, index) => isSameContact(contact, b[index])));

const isSameContact = (a: Contact, b: Contact | undefined): boolean =>
  a === b ||
  (a.role === b?.role &&
    a.since === b.since &&
    a.keys.length === b.keys.length &&
    a.keys.every((key, index) => key === b.keys[index]));
