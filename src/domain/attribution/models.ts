import { DAY_MS } from '../model.js';
import type { AttributionSettings } from './settings.js';
import type { Milestone, Touch } from './touches.js';

/** A share of the whole that a touch gets, and what for. Only the proportions of the shares count. */
export interface Share {
  /** Index of the touch. */
  readonly touch: number;
  readonly share: number;
  readonly why: string;
}

/**
 * Shares out an opportunity over its touches (at least one, in order). A touch may get several shares: two milestones
 * on one touch both count. What nobody gets is spread over the rest in proportion when the weights are normalised.
 */
export type Model = (touches: readonly Touch[], settings: AttributionSettings) => readonly Share[];

/** Everything to the first touch. */
const first: Model = () => [{ touch: 0, share: 1, why: 'first' }];

/** Everything to the last touch. */
const last: Model = (touches) => [{ touch: touches.length - 1, share: 1, why: 'last' }];

/** Everything to the last touch that did not come by itself; when all did, to the last. */
const lastNonDirect: Model = (touches, settings) => {
  const touch = touches.findLastIndex(({ channel }) => channel !== 'direct');
  return touch < 0 ? last(touches, settings) : [{ touch, share: 1, why: 'last not direct' }];
};

/** The same to every touch. */
const linear: Model = (touches) => touches.map((_, touch) => ({ touch, share: 1, why: 'each touch' }));

/** Most to the two ends, the rest to the touches between them. */
const position: Model = (touches, { position: [atFirst, between, atLast] }) => {
  const end = touches.length - 1;
  const middle = touches.slice(1, -1).map((_, index) => index + 1);
  return [
    { touch: 0, share: atFirst, why: 'first' },
    ...evenly(between, middle, 'between'),
    { touch: end, share: atLast, why: 'last' },
  ];
};

const uShaped: Model = (touches, { uShaped: [first, lead_created, others] }) =>
  byMilestone(touches, { first, lead_created }, others);

const wShaped: Model = (touches, { wShaped: [first, lead_created, opportunity_created, others] }) =>
  byMilestone(touches, { first, lead_created, opportunity_created }, others);

const fullPath: Model = (touches, { fullPath: [first, lead_created, opportunity_created, close, others] }) =>
  byMilestone(touches, { first, lead_created, opportunity_created, close }, others);

/**
 * Half of the share for each half-life before the end. Counted from the last touch and not from the reference date:
 * the proportions are the same, and the shares of very old journeys do not all vanish to 0.
 */
const timeDecay: Model = (touches, { timeDecay: { halfLifeDays } }) => {
  const end = +(touches.at(-1)?.occurredAt ?? 0);
  return touches.map(({ occurredAt }, touch) => ({
    touch,
    share: 2 ** (-(end - +occurredAt) / (halfLifeDays * DAY_MS)),
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

/** Weights (0 to 1, adding up to 1) of the touches under a model; none for none. */
export function weigh(model: ModelName, touches: readonly Touch[], settings: AttributionSettings): number[] {
  const { shares, whole } = raw(model, touches, settings);
  const weights = touches.map(() => 0);
  for (const { touch, share } of shares) weights[touch] = (weights[touch] ?? 0) + share / whole;
  return weights;
}

/** The shares behind the weights, normalised: they add up to 1. */
export function sharesOf(
  model: ModelName,
  touches: readonly Touch[],
  settings: AttributionSettings,
): readonly Share[] {
  const { shares, whole } = raw(model, touches, settings);
  return shares
    .filter(({ share }) => share > 0)
    .map(({ touch, share, why }) => ({ touch, share: share / whole, why }));
}

function raw(
  model: ModelName,
  touches: readonly Touch[],
  settings: AttributionSettings,
): { readonly shares: readonly Share[]; readonly whole: number } {
  if (touches.length === 0) return { shares: [], whole: 0 };
  const shares = MODELS[model](touches, settings);
  const whole = shares.reduce((sum, { share }) => sum + share, 0);
  // Settings may leave every touch without a share, such as all to lead creation where nobody became known.
  return whole > 0 ? { shares, whole } : raw('linear', touches, settings);
}

/** The touches at milestones get these shares, all others share the rest. */
function byMilestone(
  touches: readonly Touch[],
  milestones: Partial<Record<Milestone, number>>,
  others: number,
): Share[] {
  const at = Object.entries(milestones).flatMap(([milestone, share]) => {
    const touch = touches.findIndex((each) => each.milestones.includes(milestone as Milestone));
    return touch < 0 ? [] : [{ touch, share, why: milestone }];
  });
  const rest = touches.flatMap((_, touch) => (at.some((taken) => taken.touch === touch) ? [] : [touch]));
  return [...at, ...evenly(others, rest, 'other')];
}

const evenly = (share: number, touches: readonly number[], why: string): Share[] =>
  touches.map((touch) => ({ touch, share: share / touches.length, why }));
