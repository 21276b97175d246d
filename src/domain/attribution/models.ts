import { DAY_MS } from '../model/journey-model.js';
import type { AttributionSettings } from './settings.js';
import { type Part, type Share, sharesOfParts, sizeOf, weighParts } from './parts.js';
import type { Milestone, Touch } from './touches.js';

/** What rule models look at. */
export type RuleTouch = Pick<Touch, 'occurredAt' | 'channel' | 'milestones'>;

/**
 * Divides an opportunity among its touches (at least one, in order). A touch may be in several parts; a part without touches
 * is spread over the others in proportion.
 */
type Model = (touches: readonly RuleTouch[], settings: AttributionSettings) => readonly Part[];

const all = (touches: readonly number[], why: string): Part[] => [{ touches, size: 1n, why }];

/** Everything to the first touch. */
const first: Model = () => all([0], 'first');

/** Everything to the last touch. */
const last: Model = (touches) => all([touches.length - 1], 'last');

/** Everything to the last touch that did not come by itself; when all did, to the last. */
const lastNonDirect: Model = (touches, settings) => {
  const touch = touches.findLastIndex(({ channel }) => channel !== 'direct');
  return touch < 0 ? last(touches, settings) : all([touch], 'last not direct');
};

/** The same to every touch. */
const linear: Model = (touches) => all([...touches.keys()], 'each touch');

/** Most to the two ends, the rest to the touches between them. */
const position: Model = (touches, { position: [atFirst, between, atLast] }) => {
  const end = touches.length - 1;
  return [
    { touches: [0], size: sizeOf(atFirst), why: 'first' },
    { touches: [...touches.keys()].slice(1, -1), size: sizeOf(between), why: 'between' },
    { touches: [end], size: sizeOf(atLast), why: 'last' },
  ];
};

const uShaped: Model = (touches, { uShaped: [first, lead_created, others] }) =>
  byMilestone(touches, { first, lead_created }, others);

const wShaped: Model = (touches, { wShaped: [first, lead_created, opportunity_created, others] }) =>
  byMilestone(touches, { first, lead_created, opportunity_created }, others);

const fullPath: Model = (touches, { fullPath: [first, lead_created, opportunity_created, close, others] }) =>
  byMilestone(touches, { first, lead_created, opportunity_created, close }, others);

/** Weights of time decay are fixed-point numbers with fifteen decimals: what is less, after 50 half-lives, is nothing. */
const DECAY_ONE = 1e15;

/**
 * Half of the share for each half-life before the end. Counted from the last touch and not from the reference date:
 * the proportions are the same, and the shares of very old journeys do not all vanish to 0.
 */
const timeDecay: Model = (touches, { timeDecay: { halfLifeDays } }) => {
  const end = +(touches.at(-1)?.occurredAt ?? 0);
  return touches.map(({ occurredAt }, touch) => ({
    touches: [touch],
    size: BigInt(Math.round(DECAY_ONE * 2 ** (-(end - +occurredAt) / (halfLifeDays * DAY_MS)))),
    why: `halved every ${halfLifeDays} days`,
  }));
};

/** The catalogue. A new model is one function and one entry; raise the version of the attribution projection with it. */
export const MODELS = {
  first,
  last,
  last_non_direct: lastNonDirect,
  linear,
  position,
  u_shaped: uShaped,
  w_shaped: wShaped,
  full_path: fullPath,
  time_decay: timeDecay,
} as const satisfies Readonly<Record<string, Model>>;

export type ModelName = keyof typeof MODELS;
export const MODEL_NAMES = Object.keys(MODELS) as readonly ModelName[];

/** Exact weights of the touches under a model: integers of which only the proportions count; none for none. */
export function weightTouches(
  model: ModelName,
  touches: readonly RuleTouch[],
  settings: AttributionSettings,
): readonly bigint[] {
  return weighParts(ruleParts(model, touches, settings), touches.length).touches;
}

/** Weights as fractions of their sum: 0 to 1 each, to the precision of a double. */
export function fractionsOf(weights: readonly bigint[]): number[] {
  const whole = Number(weights.reduce((sum, weight) => sum + weight, 0n));
  return weights.map((weight) => (weight === 0n ? 0 : Number(weight) / whole));
}

/** The shares behind the weights: they add up to 1. */
export const sharesOf = (
  model: ModelName,
  touches: readonly RuleTouch[],
  settings: AttributionSettings,
): readonly Share[] => sharesOfParts(ruleParts(model, touches, settings));

/** The parts that a model divides an opportunity into, without empty ones; none without touches. */
export function ruleParts(
  model: ModelName,
  touches: readonly RuleTouch[],
  settings: AttributionSettings,
): readonly Part[] {
  if (touches.length === 0) return [];
  const parts = MODELS[model](touches, settings).filter((part) => part.size > 0n && part.touches.length > 0);
  // Settings may leave every touch without a share, such as everything to lead creation if no member became known.
  return parts.length > 0 ? parts : linear(touches, settings);
}

/** The touches at milestones get these shares, all others share the rest. */
function byMilestone(
  touches: readonly RuleTouch[],
  milestones: Partial<Record<Milestone, number>>,
  others: number,
): Part[] {
  const at = Object.entries(milestones).flatMap(([milestone, share]) => {
    const touch = touches.findIndex((each) => each.milestones.includes(milestone as Milestone));
    return touch < 0 ? [] : [{ touches: [touch], size: sizeOf(share), why: milestone }];
  });
  const taken = new Set(at.flatMap((part) => part.touches));
  const rest = [...touches.keys()].filter((touch) => !taken.has(touch));
  return [...at, { touches: rest, size: sizeOf(others), why: 'other' }];
}
