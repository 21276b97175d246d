import type { WorkSchedule } from './business-hours.js';
import { eventId } from './event-id.js';
import type { Grade } from './model/conditions.js';
import type { Behaviour, Recipient as ModelRecipient } from './model/lead-management.js';

/**
 * Decisions on a lead, in the stream `lead-<leadId>`. They stand whatever is learnt later. `cycle` counts from 1: a lead that
 * went back to marketing and qualifies again begins the next one. `leadId` may become an alias when leads are merged.
 */
interface LeadDecision {
  readonly leadId: string;
  readonly cycle: number;
}

/** It met the lead definition of its persona under this version of the journey model. */
export interface LeadQualified extends LeadDecision {
  readonly modelVersion: number;
  readonly persona?: string;
  readonly stage?: string;
  readonly score: number;
  readonly grade: Grade;
  /** In plain words, one for each part of the definition. */
  readonly reasons: readonly string[];
}

/** Who receives leads, as the model's routing names them. */
export type Recipient = Pick<ModelRecipient, 'id' | 'kind'>;

export interface LeadHandedOff extends LeadDecision {
  readonly modelVersion: number;
  readonly recipient: Recipient;
  /** Name of the routing rule that chose the recipient. */
  readonly rule: string;
  /** By when the recipient must act (RFC 3339). */
  readonly dueBy: string;
  /** When to warn that it is about to be due (RFC 3339). */
  readonly warnAt?: string;
  /** Name of the service level that applied. As the next one absent from events of versions that did not record it. */
  readonly serviceLevel?: string;
  /** The working time in which `dueBy` was counted, without days that were past by then. */
  readonly workSchedule?: WorkSchedule;
  /** Who assigned it; absent: routing did. */
  readonly by?: string;
  /** Why, if somebody assigned it. */
  readonly reason?: string;
}

export interface LeadAccepted extends LeadDecision {
  readonly by: string;
}

/** Back to marketing. It can qualify again from `wakeAt` on or once `wakeWhen` holds; without both, as soon as it is ready. */
export interface LeadRecycled extends LeadDecision {
  readonly by?: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly wakeAt?: string;
  /** Of touchpoints after the recycling. */
  readonly wakeWhen?: Behaviour;
}

export interface LeadDisqualified extends LeadDecision {
  readonly by?: string;
  readonly reason: string;
}

export const LEAD_DECISIONS = [
  'LeadQualified',
  'LeadHandedOff',
  'LeadAccepted',
  'LeadRecycled',
  'LeadDisqualified',
] as const;

/** The stream of the decisions on a lead. */
export const leadStream = (leadId: string): string => `lead-${leadId}`;

/** The id of a decision that Touchline takes by itself: once a cycle, whatever crashes and whoever decides. */
export const leadDecisionId = (
  workspace: string,
  leadId: string,
  cycle: number,
  decision: (typeof LEAD_DECISIONS)[number],
): string => eventId(workspace, 'reactor:lead', `${leadId}/${cycle}`, decision);
