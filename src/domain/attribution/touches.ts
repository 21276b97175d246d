import { DAY_MS } from '../model/journey-model.js';
import { countsAsHuman, type Channel, type TouchpointKind, type Verdict } from '../touchpoint.js';
import type { AttributionSettings } from './settings.js';

/** In the order in which they are named when one touch is several. */
export const MILESTONES = ['first', 'lead_created', 'opportunity_created', 'close'] as const;
export type Milestone = (typeof MILESTONES)[number];

/** A touchpoint in the journey of a committee member. */
export interface Candidate {
  readonly eventId: string;
  readonly leadId: string;
  readonly occurredAt: Date;
  readonly kind: TouchpointKind;
  readonly channel: Channel;
  readonly source: string | null;
  readonly campaign: string | null;
  readonly contentId: string | null;
  readonly contentTitle: string | null;
  /** The buying stage that the journey model maps its content to; absent: none. */
  readonly contentStage?: string | null;
  readonly sessionId: string;
  readonly verdict: Verdict;
  /** Only where it was read. */
  readonly details?: TouchDetails;
}

/** What else is known of a touchpoint: cuts and models of a request look at it, the ledger does not. */
export interface TouchDetails {
  readonly rep: string | null;
  readonly contentType: string | null;
}

/** What may earn credit. */
export interface Touch extends Candidate {
  readonly milestones: readonly Milestone[];
  /** Event ids of the repeats of its content in its session. */
  readonly repeats: readonly string[];
}

/** Why a touchpoint of the committee is no touch of this opportunity. */
export type ExcludedTouchpoint =
  'kind' | 'channel' | 'verdict' | 'before-lookback' | 'after-reference' | 'repeat';

export interface TouchCriteria {
  /** The opening for pipeline, the close for revenue; later touchpoints earned nothing of it. */
  readonly reference: Date;
  readonly openedAt: Date;
  /** Only where revenue is asked. */
  readonly closedAt?: Date;
  /** The committee, with the time each member became known (null: still anonymous). */
  readonly members: ReadonlyMap<string, Date | null>;
  readonly settings: AttributionSettings;
  readonly sessionIdleMinutes: number;
}

export interface Touches {
  /** By time, then event id. */
  readonly touches: readonly Touch[];
  readonly passedOver: readonly {
    readonly eventId: string;
    readonly why: ExcludedTouchpoint;
    readonly of?: string;
  }[];
}

/**
 * The touches of an opportunity (§8) with their milestones, and for every other candidate why it is none. A pure
 * function of the set of candidates: their order does not matter.
 */
export function touchesOf(candidates: readonly Candidate[], question: TouchCriteria): Touches {
  const since = +question.reference - question.settings.lookbackDays * DAY_MS;
  const kept = new Map<string, { touch: Candidate; repeats: string[] }>();
  const passedOver: { eventId: string; why: ExcludedTouchpoint; of?: string }[] = [];
  for (const candidate of candidates.toSorted(inOrder)) {
    const why = noTouch(candidate, question, since);
    const key = why ? '' : sameTouch(candidate);
    const earlier = kept.get(key);
    if (why) passedOver.push({ eventId: candidate.eventId, why });
    else if (!earlier) kept.set(key, { touch: candidate, repeats: [] });
    else {
      earlier.repeats.push(candidate.eventId);
      passedOver.push({ eventId: candidate.eventId, why: 'repeat', of: earlier.touch.eventId });
    }
  }
  const milestones = milestonesOf(
    [...kept.values()].map(({ touch }) => touch),
    question,
  );
  const touches = [...kept.values()].map(({ touch, repeats }) => ({
    ...touch,
    repeats,
    milestones: MILESTONES.filter((milestone) => milestones[milestone] === touch),
  }));
  return { touches, passedOver };
}

const inOrder = (a: Candidate, b: Candidate): number =>
  a.occurredAt.getTime() - b.occurredAt.getTime() ||
  (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0);

function noTouch(
  candidate: Candidate,
  { reference, settings }: TouchCriteria,
  since: number,
): ExcludedTouchpoint | undefined {
  if (!countsAsHuman(candidate.verdict)) return 'verdict';
  if (settings.excludedKinds.includes(candidate.kind)) return 'kind';
  if (settings.excludedChannels.includes(candidate.channel)) return 'channel';
  if (candidate.occurredAt.getTime() < since) return 'before-lookback';
  if (candidate.occurredAt > reference) return 'after-reference';
  return undefined;
}

/** Repeats of one content in one session of one person are one touch; touchpoints without content are separate. */
const sameTouch = ({ leadId, sessionId, contentId, eventId }: Candidate): string =>
  contentId === null ? eventId : `${leadId} ${sessionId} ${contentId}`;

function milestonesOf(
  touches: readonly Candidate[],
  { openedAt, closedAt, members, sessionIdleMinutes }: TouchCriteria,
): Readonly<Record<Milestone, Candidate | undefined>> {
  const ofLeads = Map.groupBy(touches, ({ leadId }) => leadId);
  const created = [...members].flatMap(([leadId, knownAt]) => {
    const theirs = ofLeads.get(leadId) ?? [];
    const touch = knownAt && leadCreation(theirs, +knownAt, sessionIdleMinutes * 60_000);
    return touch ? [{ knownAt, touch }] : [];
  });
  return {
    first: touches[0],
    lead_created: created.toSorted((a, b) => +a.knownAt - +b.knownAt || inOrder(a.touch, b.touch))[0]?.touch,
    opportunity_created: touches.findLast(({ occurredAt }) => occurredAt <= openedAt),
    close: closedAt && touches.findLast(({ occurredAt }) => occurredAt <= closedAt),
  };
}

/**
 * The touch that made a person known: the last one of the lookback up to then. Collectors may identify the person (Segment
 * `identify`) just before they report the form itself, so a first touch within the session counts as well. Somebody
 * known from an import without a touch before it, or known since before the lookback, was made known by no touch.
 */
const leadCreation = (
  touches: readonly Candidate[],
  knownAt: number,
  idleMs: number,
): Candidate | undefined =>
  touches.findLast(({ occurredAt }) => +occurredAt <= knownAt) ??
  touches.find(({ occurredAt }) => +occurredAt <= knownAt + idleMs);
