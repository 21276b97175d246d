import type { Contact } from './committee.js';
import {
  compareEvents,
  INITIAL_STATE,
  applyEvent,
  type OpportunityEvent,
  type OpportunityState,
  type OpportunityStatus,
} from './opportunity.js';

/** The part of the state that later states depend on; `roles` and `reportedAt` are only needed for decisions. */
export type ReportedState = Omit<OpportunityState, 'roles' | 'reportedAt'>;

/** A sales stage or a status that an opportunity entered. */
export interface StageEntry {
  readonly event: OpportunityEvent;
  readonly stage: string | null;
  readonly status: OpportunityStatus;
  readonly amountMinor: number;
  readonly currency: string;
}

/** The events [from, to) of a history. */
export interface EventRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The events of an opportunity in the order in which they happened, with the state after each. After a late event, later
 * events are applied again only until the state no longer differs, so many changes cost about the same in any order.
 */
export class OpportunityHistory {
  private readonly events: OpportunityEvent[] = [];
  private readonly states: OpportunityState[] = [];
  private changeCount = 0;

  constructor(events: readonly OpportunityEvent[]) {
    for (const event of events.toSorted(compareEvents)) this.insert(event);
  }

  get state(): ReportedState {
    return this.states.at(-1) ?? INITIAL_STATE;
  }

  get length(): number {
    return this.events.length;
  }

  /** The number of events other than role assignments. */
  get changes(): number {
    return this.changeCount;
  }

  /** The last event other than a role assignment. */
  get lastChange(): OpportunityEvent | undefined {
    return this.events.findLast(isChange);
  }

  /** @returns the events whose stage entries may have changed */
  insert(event: OpportunityEvent): EventRange {
    const at = this.insertionIndex(event);
    if (isChange(event)) this.changeCount += 1;
    this.events.splice(at, 0, event);
    this.states.splice(at, 0, INITIAL_STATE);
    let index = at;
    for (; index < this.events.length; index++) {
      const next = this.stateAt(index);
      if (index > at && isSame(next, this.states[index])) break;
      this.states[index] = next;
    }
    return { from: Math.max(at - 1, 0), to: this.endOfInstant(index) };
  }

  /** For each event of a range, the sales stage or status that the opportunity entered with it and stayed in, if any. */
  *stageEntries({ from, to }: EventRange): Generator<readonly [OpportunityEvent, StageEntry | undefined]> {
    for (let index = from; index < to; index++) {
      const event = this.events[index];
      if (event) yield [event, this.entryOf(index, event)];
    }
  }

  private insertionIndex(event: OpportunityEvent): number {
    let [low, high] = [0, this.events.length];
    const last = this.events.at(-1);
    if (!last || compareEvents(last, event) <= 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = this.events[middle];
      if (there && compareEvents(there, event) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private stateAt(index: number): OpportunityState {
    const before = this.states[index - 1] ?? INITIAL_STATE;
    const event = this.events[index];
    return event ? applyEvent(before, event) : before;
  }

  /** Of several entries at one instant only the last one counts. */
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
  'amount',
  'amountMinor',
  'currency',
  'stage',
  'owner',
  'source',
  'reason',
  'closeReason',
  'opening',
] as const satisfies readonly (keyof ReportedState)[];

const isSame = (a: ReportedState, b: ReportedState | undefined): boolean =>
  b !== undefined &&
  FIELDS.every((field) => a[field] === b[field]) &&
  a.openedAt?.getTime() === b.openedAt?.getTime() &&
  a.closedAt?.getTime() === b.closedAt?.getTime() &&
  a.closeDate?.getTime() === b.closeDate?.getTime() &&
  isSameCommittee(a.contacts, b.contacts);

const isSameCommittee = (a: readonly Contact[], b: readonly Contact[]): boolean =>
  a === b || (a.length === b.length && a.every((contact, index) => isSameContact(contact, b[index])));

const isSameContact = (a: Contact, b: Contact | undefined): boolean =>
  a === b ||
  (a.role === b?.role &&
    a.isPrimary === b.isPrimary &&
    a.since === b.since &&
    a.keys.length === b.keys.length &&
    a.keys.every((key, index) => key === b.keys[index]));
