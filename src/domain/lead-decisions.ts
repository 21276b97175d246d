import type {
  LeadAccepted,
  LeadDisqualified,
  LeadHandedOff,
  LeadQualified,
  LeadRecycled,
} from './lead-events.js';
import {
  describeStatus,
  isInProcess,
  type LeadDecision,
  type LeadState,
  type LeadStatus,
} from './lead-lifecycle.js';
import type { Routing } from './model/lead-management.js';
import { Refused } from './refused.js';

/** A command on a lead: `leadId` is its current id. */
interface LeadCommand {
  readonly leadId: string;
  readonly now: Date;
}

type DataOf<Data, Given extends keyof Data = never> = Omit<Data, 'leadId' | 'cycle' | Given>;

export type Qualify = LeadCommand & DataOf<LeadQualified>;
export type HandOff = LeadCommand & DataOf<LeadHandedOff, 'by'>;
export type Assign = LeadCommand & DataOf<LeadHandedOff>;
export type Accept = LeadCommand &
  DataOf<LeadAccepted> & {
    /** The journey model has them as a recipient. */
    readonly isRecipient: boolean;
  };
export type Recycle = LeadCommand & DataOf<LeadRecycled>;
export type Disqualify = LeadCommand & DataOf<LeadDisqualified>;

/**
 * The lead meets its definition: a new cycle begins.
 *
 * @throws Refused `lead-in-process`, `lead-disqualified`
 */
export function qualify({ leadId, now, ...data }: Qualify, state: LeadState): LeadDecision[] {
  if (isInProcess(state)) throw new Refused('lead-in-process', `The lead ${describeStatus(state)}`);
  if (state.status === 'disqualified') throw outOfOrder(state);
  const cycle = state.lastCycle + 1;
  return [{ type: 'LeadQualified', occurredAt: now, data: { leadId, cycle, ...data } }];
}

/**
 * A qualified lead goes to the recipient that routing chose.
 *
 * @throws Refused `lead-not-qualified`, `lead-already-handed-off`, `lead-already-accepted`, `lead-recycled`, `lead-disqualified`
 */
export function handOff({ now, leadId, ...data }: HandOff, state: LeadState): LeadDecision[] {
  if (state.status !== 'qualified') throw outOfOrder(state);
  return [{ type: 'LeadHandedOff', occurredAt: now, data: { ...subject(leadId, state), ...data } }];
}

/**
 * A person gives a lead in process to a recipient. Whoever has it already keeps it.
 *
 * @throws Refused `lead-not-qualified`, `lead-recycled`, `lead-disqualified`
 */
export function assign({ now, leadId, ...data }: Assign, state: LeadState): LeadDecision[] {
  if (!isInProcess(state)) throw outOfOrder(state);
  const { id, kind } = state.handOff?.recipient ?? {};
  if (id === data.recipient.id && kind === data.recipient.kind) return [];
  return [{ type: 'LeadHandedOff', occurredAt: now, data: { ...subject(leadId, state), ...data } }];
}

/**
 * A recipient takes a lead that was handed off to them or to another one. The first one has it; accepting it again changes nothing.
 *
 * @throws Refused `recipient-not-found`, `lead-not-qualified`, `lead-not-handed-off`, `lead-already-accepted`, `lead-recycled`, `lead-disqualified`
 */
export function accept({ now, leadId, by, isRecipient }: Accept, state: LeadState): LeadDecision[] {
  if (state.status === 'accepted' && state.by === by) return [];
  if (state.status === 'qualified')
    throw new Refused(
      'lead-not-handed-off',
      `The lead ${describeStatus(state)} and is not handed off yet; assign it first`,
    );
  if (state.status !== 'handed_off') throw outOfOrder(state);
  // Who received it may have left the model since.
  if (!isRecipient && by !== state.handOff?.recipient.id)
    throw new Refused('recipient-not-found', `The journey model has no recipient ${by}`, 'by');
  return [{ type: 'LeadAccepted', occurredAt: now, data: { ...subject(leadId, state), by } }];
}

/**
 * A lead goes back to marketing. Of one that is there already, reason and wake-up change; one that was disqualified may
 * qualify again.
 *
 * @throws Refused `lead-not-qualified`
 */
export function recycle({ now, leadId, ...data }: Recycle, state: LeadState): LeadDecision[] {
  if (state.status === 'none') throw outOfOrder(state);
  const { by, reason, wakeUp: { wakeAt, wakeWhen } = {} } = state;
  if (state.status === 'recycled' && sameJson({ by, reason, wakeAt, wakeWhen }, { ...NO_WAKE_UP, ...data }))
    return [];
  return [{ type: 'LeadRecycled', occurredAt: now, data: { ...subject(leadId, state), ...data } }];
}

/**
 * A lead is none, whatever it does. Only recycling it ends that.
 *
 * @throws Refused `lead-disqualified` by somebody else, or for another reason
 */
export function disqualify({ now, leadId, ...data }: Disqualify, state: LeadState): LeadDecision[] {
  if (state.status === 'disqualified') {
    if (state.reason === data.reason && state.by === data.by) return [];
    throw outOfOrder(state);
  }
  return [{ type: 'LeadDisqualified', occurredAt: now, data: { ...subject(leadId, state), ...data } }];
}

/**
 * Who recycles, disqualifies or assigns a lead is a recipient or a manager of the model, or who received it or decided
 * last, who may have left the model since. A model that names nobody lets everybody decide, and so does a decision that names nobody.
 *
 * @throws Refused `decider-not-found`
 */
export function assertDecider(
  by: string | undefined,
  routing: Pick<Routing, 'recipients' | 'managers'> | undefined,
  { handOff: received, by: last }: LeadState,
): void {
  if (by === undefined || !routing || by === received?.recipient.id || by === last) return;
  const { recipients, managers = [] } = routing;
  if ([...recipients, ...managers].some(({ id }) => id === by)) return;
  throw new Refused(
    'decider-not-found',
    `The journey model has neither a recipient nor a manager ${by}; add them to routing.managers, or name who decides by their id`,
    'by',
  );
}

/** Decisions of a cycle are about the lead that began it, also once that is an alias. */
const subject = (leadId: string, state: LeadState) => ({
  leadId: state.leadId ?? leadId,
  cycle: state.cycle,
});

const NO_WAKE_UP = { by: undefined, wakeAt: undefined, wakeWhen: undefined };
const sameJson = (a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(a).every(([name, value]) => JSON.stringify(value) === JSON.stringify(b[name]));

const CODES = {
  none: 'lead-not-qualified',
  qualified: 'lead-not-handed-off',
  handed_off: 'lead-already-handed-off',
  accepted: 'lead-already-accepted',
  recycled: 'lead-recycled',
  disqualified: 'lead-disqualified',
} as const satisfies Record<LeadStatus, string>;

const outOfOrder = (state: LeadState): Refused =>
  new Refused(CODES[state.status], `The lead ${describeStatus(state)}`);
