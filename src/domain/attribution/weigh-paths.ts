import { customWeights } from './custom.js';
import type { CountedPath } from './markov/chain.js';
import type { RemovalEffect, RemovalEffects } from './markov/removal-effects.js';
import type { ModelRequest } from './model-request.js';
import { weightTouches } from './models.js';
import { type Part, weighParts, type Weights } from './parts.js';
import { presetSettings } from './presets.js';
import type { AttributionSettings } from './settings.js';
import type { ShapleyResult, WorthyPath } from './shapley.js';
import { type PathDates, type PathTouch, type Step, transformPath } from './transforms.js';

/** A touch with all that a model may look at. */
export interface ModelTouch extends PathTouch {
  /** Buying stage that its content is mapped to. */
  readonly contentStage: string | null;
}

/** The touches of one opportunity, in order. */
export interface OpportunityPath {
  readonly touches: readonly ModelTouch[];
  readonly dates: PathDates;
  /** Its amount, for games of revenue; in one unit for all paths. */
  readonly revenue: number;
}

/** What a model over all paths rests on. */
export interface Basis {
  readonly removal?: RemovalEffects;
  readonly game?: ShapleyResult;
}

/** The path of an opportunity as the model sees it. */
export type Steps = readonly Step<ModelTouch>[];

export const pathSteps = (request: ModelRequest, { touches, dates }: OpportunityPath): Steps =>
  transformPath(touches, request.transforms, request.player, dates);

/** What the chain of a request is made of. */
export function* countedPaths(
  request: ModelRequest & { readonly model: 'markov' },
  converting: readonly Steps[],
  others: readonly Steps[],
): Generator<CountedPath> {
  for (const steps of converting) yield { players: playersOf(steps), conversions: 1 };
  if (!request.nonConverting) return;
  for (const steps of others) yield { players: playersOf(steps), conversions: 0, nonConversions: 1 };
}

/** What the game of a request is made of. */
export function* worthyPaths(
  request: ModelRequest & { readonly model: 'shapley' },
  converting: readonly Steps[],
  revenues: readonly number[],
): Generator<WorthyPath> {
  for (const [index, steps] of converting.entries())
    yield { players: playersOf(steps), worth: request.worth === 'revenue' ? (revenues[index] ?? 0) : 1 };
}

/** @returns weighs the steps of one path of so many touches */
export function weigherOf(
  request: ModelRequest,
  settings: AttributionSettings,
  { removal }: Basis,
): (steps: Steps, touches: number) => Weights {
  const weigh = stepWeigher(request, settings, removal);
  return (steps, touches) => overPath(steps, touches, weigh);
}

function stepWeigher(
  request: ModelRequest,
  settings: AttributionSettings,
  removal: RemovalEffects | undefined,
): (steps: Steps) => Weights {
  switch (request.model) {
    case 'custom':
      return (steps) => customWeights(request.custom, touchesOf(steps));
    case 'markov':
      return byEffect(removal?.effects ?? []);
    case 'shapley':
      return byDividend;
    default: {
      const { model, preset } = request;
      const inForce = preset === undefined ? settings : presetSettings(preset, settings);
      return (steps) => ({ touches: weightTouches(model, touchesOf(steps), inForce), unattributed: 0n });
    }
  }
}

const touchesOf = (steps: Steps): ModelTouch[] => steps.map(({ touch }) => touch);
const playersOf = (steps: Steps): string[] => steps.map(({ player }) => player);

/** Removal effects are fixed-point numbers with twelve decimals: players that are equal but for rounding get the same. */
const EFFECT_ONE = 1e12;

/**
 * Every touch of a path in proportion to the removal effect of its player, as in DP6's marketing-attribution-models: a player
 * that was met twice counts twice.
 */
function byEffect(effects: readonly RemovalEffect[]): (steps: Steps) => Weights {
  const sizes = new Map(
    effects.map(({ player, effect }) => [player, BigInt(Math.round(effect * EFFECT_ONE))]),
  );
  return (steps) => {
    const parts = steps.map(({ player }, index) => ({
      touches: [index],
      size: sizes.get(player) ?? 0n,
      why: 'removal effect',
    }));
    // Effects below the last decimal are all the same.
    return weighParts(parts.some(({ size }) => size > 0n) ? parts : even(steps), steps.length);
  };
}

const even = (steps: Steps): Part[] => [{ touches: [...steps.keys()], size: 1n, why: 'each touch' }];

/**
 * A path adds its worth to the coalition of its players and nothing to any other, so they share it evenly: the credits of
 * all paths add up to the Shapley values. The touches of a player share evenly too.
 */
function byDividend(steps: Steps): Weights {
  const byPlayer = Map.groupBy(steps.keys(), (index) => steps[index]?.player);
  const parts = [...byPlayer.values()].map((touches) => ({ touches, size: 1n, why: 'dividend' }));
  return weighParts(parts, steps.length);
}

/** Weights of the steps as those of the whole path. */
function overPath(steps: Steps, length: number, weigh: (steps: Steps) => Weights): Weights {
  const touches = Array.from({ length }, () => 0n);
  if (steps.length === 0) return { touches, unattributed: 1n };
  const weights = weigh(steps);
  steps.forEach(({ index }, step) => (touches[index] = weights.touches[step] ?? 0n));
  return { touches, unattributed: weights.unattributed };
}
