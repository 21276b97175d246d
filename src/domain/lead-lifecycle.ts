import type { Decider, DomainEvent } from './decider.js';
import type { LeadHandedOff, LeadRecycled, LEAD_DECISIONS } from './lead-events.js';

export type LeadDecisionType = (typeof LEAD_DECISIONS)[number];
export type LeadDecision = DomainEvent<LeadDecisionType>;

/** What was decided of a lead last; `none`: nothing yet. */
export type LeadStatus = 'none' | 'qualified' | 'handed_off' | 'accepted' | 'recycled' | 'disqualified';

/** The state that decisions on a lead are made on. */
export interface LeadState {
  readonly status: LeadStatus;
  /** Since when it has this status. */
  readonly since: Date | undefined;
  /** Whose decisions are in force: an alias where the lead was merged. Undefined: none was made. */
  readonly leadId: string | undefined;
  /** The cycle of the status; 0 before the first. */
  readonly cycle: number;
  /** The highest of all cycles, those of merged leads included. */
  readonly lastCycle: number;
  /** While it is handed off or accepted. */
  readonly handOff: Pick<LeadHandedOff, 'recipient' | 'rule' | 'dueBy' | 'warnAt'> | undefined;
  /** Who made the last decision; undefined: Touchline. */
  readonly by: string | undefined;
  /** Why it was recycled or disqualified. */
  readonly reason: string | undefined;
  /** While it is recycled: when it wakes up. */
  readonly wakeUp: Pick<LeadRecycled, 'wakeAt' | 'wakeWhen'> | undefined;
}

const UNDECIDED: LeadState = {
  status: 'none',
  since: undefined,
  leadId: undefined,
  cycle: 0,
  lastCycle: 0,
  handOff: undefined,
  by: undefined,
  reason: undefined,
  wakeUp: undefined,
};

const STATUS_AFTER = {
  LeadQualified: 'qualified',
  LeadHandedOff: 'handed_off',
  LeadAccepted: 'accepted',
  LeadRecycled: 'recycled',
  LeadDisqualified: 'disqualified',
} as const satisfies Record<LeadDecisionType, LeadStatus>;

/** How far a lead is on its way through sales. */
const PROGRESS: Readonly<Record<LeadStatus, number>> = {
  none: 0,
  recycled: 0,
  disqualified: 0,
  qualified: 1,
  handed_off: 2,
  accepted: 3,
};

/** Whether sales have the lead, or are about to receive it: it cannot qualify again until they return it. */
export const isInProcess = ({ status }: Pick<LeadState, 'status'>): boolean => PROGRESS[status] > 0;

/**
 * Applies decisions in the order of the log. A lead that was merged has the decisions of all its former leads: while one of
 * them is in process, decisions on the others that are no further do not change that.
 */
export const leadLifecycle: Decider<LeadState, LeadDecision> = {
  initial: UNDECIDED,
  evolve(state, event) {
    const { leadId, cycle } = event.data;
    const lastCycle = Math.max(state.lastCycle, cycle);
    const status = STATUS_AFTER[event.type];
    const isOtherLead = isInProcess(state) && leadId !== state.leadId;
    if (isOtherLead && PROGRESS[status] <= PROGRESS[state.status]) return { ...state, lastCycle };
    const base = { ...UNDECIDED, status, since: event.occurredAt, leadId, cycle, lastCycle };
    switch (event.type) {
      case 'LeadQualified':
        return base;
      case 'LeadHandedOff': {
        const { recipient, rule, dueBy, warnAt, by } = event.data;
        return { ...base, by, handOff: { recipient, rule, dueBy, ...(warnAt !== undefined && { warnAt }) } };
      }
      case 'LeadAccepted':
        return { ...base, by: event.data.by, handOff: isOtherLead ? undefined : state.handOff };
      case 'LeadRecycled': {
        const { by, reason, wakeAt, wakeWhen } = event.data;
        return {
          ...base,
          by,
          reason,
          wakeUp: { ...(wakeAt !== undefined && { wakeAt }), ...(wakeWhen && { wakeWhen }) },
        };
      }
      case 'LeadDisqualified':
        return { ...base, by: event.data.by, reason: event.data.reason };
    }
  },
};

/** How it stands with a lead, after "The lead". */
export function describeStatus({ status, since, by, handOff: handedOff, reason }: LeadState): string {
  const when = since ? ` at ${since.toISOString()}` : '';
  const who = by === undefined ? '' : ` by ${by}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (status) {
    case 'none':
      return 'is not qualified';
    case 'qualified':
      return `was qualified${when}`;
    case 'handed_off':
      return `was handed off to ${handedOff?.recipient.id ?? 'nobody'}${when}${who}`;
    case 'accepted':
      return `was accepted${who}${when}`;
    case 'recycled':
      return `was recycled${who}${when}${why}`;
    case 'disqualified':
      return `was disqualified${who}${when}${why}`;
  }
}
