import type { Recipient } from './lead-events.js';

/**
 * What becomes of a hand-off that nobody works on, recorded once at that instant in the stream `handoff-<leadId>`: a fact of
 * the clock, decided by nobody. A sales activity before it, a recycling or a disqualification stops the clock.
 */
export interface HandoffClockFact {
  readonly leadId: string;
  readonly cycle: number;
  /** Id of the `LeadHandedOff`. */
  readonly handOffId: string;
  readonly recipient: Recipient;
  /** RFC 3339. */
  readonly dueBy: string;
}

/** Its service level demanded a sales activity by `dueBy`, and there was none. */
export type LeadRotten = HandoffClockFact;

/** The time to warn has come: it rots at `dueBy`. */
export type LeadAboutToRot = HandoffClockFact;

export const HANDOFF_CLOCK_FACTS = ['LeadAboutToRot', 'LeadRotten'] as const;

export const handoffStream = (leadId: string): string => `handoff-${leadId}`;
