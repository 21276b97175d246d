import type { BuyerHistory } from './buyer-history.js';
import type { LeadSegments } from './lead-segments.js';
import { NO_PROFILE } from './lead-rows.js';
import { NONE, type Vocabulary } from './vocabulary.js';

/** Which touches count. */
export interface TouchSelection {
  /** Kinds of touchpoints that engage. */
  readonly kinds: readonly string[];
  /** Microseconds since 2000, inclusive and exclusive; null: open. */
  readonly from: number | null;
  readonly to: number | null;
  /** Only of leads of this persona, in this segment; only touches in this buying stage. */
  readonly persona: string | undefined;
  readonly segment: string | undefined;
  readonly stage: string | undefined;
}

/** Of leads as they are visited. */
interface LeadSelection extends Pick<TouchSelection, 'persona' | 'segment'> {
  /** Leads without a profile do not count. */
  readonly needsProfile: boolean;
  /** Who is in two segments is visited twice, */
  readonly bySegment: boolean;
  /** or with an order of segments once, in the first of them. Those that it does not have come last, in the order of their ids. */
  readonly segmentOrder?: readonly string[] | undefined;
}

/** Visits the leads that count, in the order of their numbers. @param visit the segment is NONE unless segments tell leads apart */
export function visitLeads(
  history: BuyerHistory,
  segments: LeadSegments,
  { persona, segment, needsProfile, bySegment, segmentOrder }: LeadSelection,
  visit: (lead: number, segment: number) => void,
): void {
  const { vocabulary, leads } = history;
  const ofPersona = persona === undefined ? undefined : vocabulary.codeOf(persona);
  const inSegment = segment === undefined ? undefined : vocabulary.codeOf(segment);
  const comesBefore = segmentOrder && inOrder(segmentOrder, vocabulary);
  for (let lead = 0; lead < leads; lead += 1) {
    if (history.firstTouch[lead] === history.endOfTouches[lead]) continue;
    const own = history.persona[lead] ?? NO_PROFILE;
    if (needsProfile && own === NO_PROFILE) continue;
    if (ofPersona !== undefined && own !== ofPersona) continue;
    if (inSegment !== undefined && !segments.has(lead, inSegment)) continue;
    if (!bySegment) visit(lead, NONE);
    else if (comesBefore) visit(lead, segments.firstOf(lead, comesBefore));
    else for (const each of segments.of(lead)) visit(lead, each);
  }
}

function inOrder(order: readonly string[], vocabulary: Vocabulary): (a: number, b: number) => boolean {
  const ranks = new Map(order.map((segment, rank) => [vocabulary.codeOf(segment), rank]));
  const rankOf = (segment: number): number => ranks.get(segment) ?? order.length;
  return (a, b) => (rankOf(a) - rankOf(b) || vocabulary.compare(a, b)) < 0;
}

/** By number of an origin: its kind is one of them. */
export function engagingOrigins({ vocabulary }: BuyerHistory, kinds: readonly string[]): boolean[] {
  const codes = new Set(kinds.map((kind) => vocabulary.codeOf(kind)));
  return vocabulary.origins.kind.map((kind) => codes.has(kind));
}

/** The stage of a lead after so many moves, NONE before the first. */
export const stageAfter = (history: BuyerHistory, lead: number, moves: number): number =>
  moves === 0 ? NONE : (history.movedTo[(history.firstMove[lead] ?? 0) + moves - 1] ?? NONE);
