import { customWeights } from './custom.js';
import type { CountedPath } from './markov/chain.js';
import { removalEffects, type RemovalEffects } from './markov/removal-effects.js';
import type { ModelRequest } from './model-request.js';
import { weightTouches } from './models.js';
import { type Part, weighParts, type Weights } from './parts.js';
import { presetSettings } from './presets.js';
import type { AttributionSettings } from './settings.js';
import { shapley, type ShapleyResult } from './shapley.js';
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

export interface Paths {
  /** Of the opportunities that a report counts. */
  readonly converting: readonly OpportunityPath[];
  /** Of those that came to nothing; only `markov` asks for them. */
  readonly nonConverting: readonly OpportunityPath[];
}

export interface WeighedPaths {
  /** Of each converting path, over its touches as they were; touches that the transforms left out have none. */
  readonly weights: readonly Weights[];
  /** What a model over all paths rests on. */
  readonly removal?: RemovalEffects;
  readonly game?: ShapleyResult;
}

/**
 * Weighs the touches of each converting path. A path that the transforms leave without touches is unattributed as a whole.
 *
 * @throws Refused `players-too-many`
 */
export function weighPaths(request: ModelRequest, settings: AttributionSettings, paths: Paths): WeighedPaths {
  const stepsOf = ({ touches, dates }: OpportunityPath): readonly Step<ModelTouch>[] =>
    transformPath(touches, request.transforms, request.player, dates);
  const converting = paths.converting.map(stepsOf);
  const { weigh, ...basis } = weigher(request, settings, converting, paths, stepsOf);
  const weights = converting.map((steps, index) =>
    overPath(steps, paths.converting[index]?.touches.length ?? 0, weigh),
  );
  return { weights, ...basis };
}

type Steps = readonly Step<ModelTouch>[];
type Weigher = Omit<WeighedPaths, 'weights'> & { readonly weigh: (steps: Steps) => Weights };

function weigher(
  request: ModelRequest,
  settings: AttributionSettings,
  converting: readonly Steps[],
  paths: Paths,
  stepsOf: (path: OpportunityPath) => Steps,
): Weigher {
  switch (request.model) {
    case 'custom':
      return { weigh: (steps) => customWeights(request.custom, touchesOf(steps)) };
    case 'markov': {
      const others = request.nonConverting ? paths.nonConverting.map(stepsOf) : [];
      const removal = removalEffects(countedPaths(converting, others), request.order);
      return { weigh: byEffect(removal), removal };
    }
    case 'shapley': {
      const worthOf = (index: number): number =>
        request.worth === 'revenue' ? (paths.converting[index]?.revenue ?? 0) : 1;
      const game = shapley(
        converting.map((steps, index) => ({ players: playersOf(steps), worth: worthOf(index) })),
      );
      return { weigh: byDividend, game };
    }
    default: {
      const { model, preset } = request;
      const inForce = preset === undefined ? settings : presetSettings(preset, settings);
      return {
        weigh: (steps) => ({ touches: weightTouches(model, touchesOf(steps), inForce), unattributed: 0n }),
      };
    }
  }
}

const touchesOf = (steps: Steps): ModelTouch[] => steps.map(({ touch }) => touch);
const playersOf = (steps: Steps): string[] => steps.map(({ player }) => player);

function* countedPaths(converting: readonly Steps[], others: readonly Steps[]): Generator<CountedPath> {
  for (const steps of converting) yield { players: playersOf(steps), conversions: 1 };
  for (const steps of others) yield { players: playersOf(steps), conversions: 0, nonConversions: 1 };
}

/** Removal effects are fixed-point numbers with fifteen decimals. */
const EFFECT_ONE = 1e15;

/**
 * Every touch of a path in proportion to the removal effect of its player, as in DP6's marketing-attribution-models: a player
 * that was met twice counts twice.
 */
function byEffect({ effects }: RemovalEffects): (steps: Steps) => Weights {
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
