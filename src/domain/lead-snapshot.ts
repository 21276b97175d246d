import type { Touch } from './condition.js';
import type { ResolvedContent } from './content.js';
import { fold, rulesOf, type FoldedJourney } from './journey.js';
import type { LeadState } from './lead-lifecycle.js';
import type { LeadAddress } from './email-kinds.js';
import type { Lifecycle } from './lifecycle.js';
import type { Grade, JourneyModel } from './model/journey-model.js';
import { decayed, type ScoreState } from './score.js';
import { triggerCell } from './condition.js';
import { countsAsHuman, type Traits } from './touchpoint.js';

/** A lead as conditions of the journey model read it. Times in ms. */
export interface LeadSnapshot {
  readonly leadId: string;
  /** It has a known key: an e-mail address, a user id or an id of the CRM. */
  readonly known: boolean;
  readonly emailDomain: string | null;
  /** The address that it is known by. */
  readonly address: LeadAddress | null;
  readonly persona: string | null;
  readonly stage: string | null;
  readonly grade: Grade | null;
  readonly lifecycle: Lifecycle;
  readonly traits: Traits;
  readonly account: LeadAccount | null;
  /** It decays: what it is worth depends on the instant. */
  readonly score: ScoreState;
  /** Since when it does not want mail; null: it may be sent mail. */
  readonly optedOutAt: number | null;
  readonly hasOpenOpportunity: boolean;
  /** What was decided of it. */
  readonly decided: LeadState;
  /** Undefined: it was not read. */
  readonly journey?: LeadJourney | undefined;
}

export interface LeadAccount {
  readonly id: string;
  readonly domain: string | null;
}

/** What conditions read of a lead's touchpoints, each list in the order of time. Machines are left out. */
export interface LeadJourney {
  readonly touches: readonly JourneyTouch[];
  readonly points: readonly DatedPoints[];
  /** When each trigger was last seen. */
  readonly triggers: ReadonlyMap<string, number>;
}

/** A touchpoint with the origin and the content it is read with. */
export interface JourneyTouch {
  readonly touch: Touch;
  readonly content: ResolvedContent | undefined;
}

export interface DatedPoints {
  readonly at: number;
  readonly points: number;
}

/** The same lead as a model reads it: persona, grade, stage and score with its journey, from all touchpoints in any order. */
export function leadUnderModel<Lead extends LeadSnapshot>(
  model: JourneyModel,
  lead: Lead,
  touches: readonly Touch[],
): Lead {
  const { persona, grade } = rulesOf(model).fit(lead.traits, lead.address?.email ?? null);
  const folded = fold(model, lead, touches);
  const { stage, state } = folded;
  const score = { score: state.score, scoredAt: state.scoredAt };
  return { ...lead, persona, grade, stage, score, journey: journeyOf(model, folded) };
}

/** A lead as it is stored, with touchpoints in any order, for conditions on what was done and not on where it came from. */
export function leadWithTouches<Lead extends LeadSnapshot>(
  model: JourneyModel,
  lead: Lead,
  touches: readonly Touch[],
): Lead {
  const { contentOf } = rulesOf(model);
  const counted = touches.filter(({ verdict }) => countsAsHuman(verdict));
  const read = counted.map((touch) => ({ touch, content: contentOf(touch.content) }));
  return { ...lead, journey: { touches: read, points: [], triggers: new Map() } };
}

function journeyOf(model: JourneyModel, { perTouch, ledger, state }: FoldedJourney): LeadJourney {
  const seen = model.triggers.flatMap(({ id }) => {
    const at = state.cells[triggerCell(id).key];
    return typeof at === 'number' ? [[id, at] as const] : [];
  });
  return {
    touches: perTouch.filter(({ own }) => countsAsHuman(own.verdict)),
    points: ledger.map(({ at, points }) => ({ at, points })),
    triggers: new Map(seen),
  };
}

/** The score of a lead at an instant. */
export const scoreOf = (model: JourneyModel, { score }: Pick<LeadSnapshot, 'score'>, at: number): number =>
  decayed(score.score, score.scoredAt, at, model.scoring.halfLifeDays);

/** What the points earned after a time are worth at an instant. */
export const scoreSince = (model: JourneyModel, { points }: LeadJourney, since: number, at: number): number =>
  points
    .filter((each) => each.at > since)
    .reduce((sum, each) => sum + decayed(each.points, each.at, at, model.scoring.halfLifeDays), 0);
