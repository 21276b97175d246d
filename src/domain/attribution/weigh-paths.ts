import { divideByRole, hasRoleWeights } from './committee-rule.js';
import { customDivision } from './custom.js';
import type { CountedPath } from './markov/chain.js';
import type { RemovalEffect, RemovalEffects } from './markov/removal-effects.js';
import type { ModelRequest } from './model-request.js';
import { ruleParts } from './models.js';
import { type Division, type Part, weighParts, type Weights } from './parts.js';
import { presetSettings } from './presets.js';
import type { AttributionSettings } from './settings.js';
import type { ShapleyResult, WorthyPath } from './shapley.js';
import { type PathDates, type PathTouch, type Step, transformPath } from './transforms.js';

/** A touch with all that a model may look at. */
export interface ModelTouch extends PathTouch {
  /** Buying stage that its content is mapped to. */
  readonly contentStage: string | null;
  /** What its person weighs by their role, more than 0; 1 where no roles are weighed. */
  readonly roleWeight: number;
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
  basis: Basis,
): (steps: Steps, touches: number) => Weights {
  const divide = dividerOf(request, settings, basis);
  return (steps, touches) => overPath(steps, touches, divide);
}

/** @returns divides an opportunity among the steps of its path (at least one), each part with what it is for */
export function dividerOf(
  request: ModelRequest,
  settings: AttributionSettings,
  basis: Basis,
): (steps: Steps) => Division {
  const divide = modelDividerOf(request, settings, basis);
  if (!hasRoleWeights(request)) return divide;
  return (steps) =>
    divideByRole(
      divide(steps),
      steps.map(({ touch }) => touch.roleWeight),
    );
}

function modelDividerOf(
  request: ModelRequest,
  settings: AttributionSettings,
  { removal }: Basis,
): (steps: Steps) => Division {
  switch (request.model) {
    case 'custom':
      return (steps) => customDivision(request.custom, touchesOf(steps));
    case 'markov':
      return byEffect(removal?.effects ?? []);
    case 'shapley':
      return byDividend;
    default: {
      const { model, preset } = request;
      const inForce = preset === undefined ? settings : presetSettings(preset, settings);
      return (steps) => whole(ruleParts(model, touchesOf(steps), inForce));
    }
  }
}

const whole = (parts: readonly Part[]): Division => ({ parts, unattributed: 0n });
const touchesOf = (steps: Steps): ModelTouch[] => steps.map(({ touch }) => touch);
export const playersOf = (steps: Steps): string[] => steps.map(({ player }) => player);

/** Removal effects are fixed-point numbers with twelve decimals: players that are equal but for rounding get the same. */
const EFFECT_ONE = 1e12;

/**
 * Every touch of a path in proportion to the removal effect of its player, as in DP6's marketing-attribution-models: a player
 * that was met twice counts twice.
 */
function byEffect(effects: readonly RemovalEffect[]): (steps: Steps) => Division {
  const ofPlayer = new Map(
    effects.map(({ player, effect }) => {
      const size = Math.round(effect * EFFECT_ONE);
      return [player, { size: BigInt(size), why: `removal effect ${size / EFFECT_ONE}` }];
    }),
  );
  const none = { size: 0n, why: 'removal effect 0' };
  return (steps) => {
    const parts = steps.map(({ player }, index) => ({
      touches: [index],
      ...(ofPlayer.get(player) ?? none),
    }));
    // Effects below the last decimal are all the same.
    return whole(parts.some(({ size }) => size > 0n) ? parts : even(steps));
  };
}

const even = (steps: Steps): Part[] => [{ touches: [...steps.keys()], size: 1n, why: 'each touch' }];

/**
 * A path adds its worth to the coalition of its players and nothing to any other, so they share it evenly: the credits of
 * all paths add up to the Shapley values. The touches of a player share evenly too.
 */
function byDividend(steps: Steps): Division {
  const byPlayer = Map.groupBy(steps.keys(), (index) => steps[index]?.player);
  const why = byPlayer.size === 1 ? 'the only player' : `one of ${byPlayer.size} players`;
  return whole([...byPlayer.values()].map((touches) => ({ touches, size: 1n, why })));
}

/** Weights of the steps as those of the whole path. */
function overPath(steps: Steps, length: number, divide: (steps: Steps) => Division): Weights {
  const touches = Array.from({ length }, () => 0n);
  if (steps.length === 0) return { touches, unattributed: 1n };
  const { parts, unattributed } = divide(steps);
  const weights = weighParts(parts, steps.length, unattributed);
  steps.forEach(({ index }, step) => (touches[index] = weights.touches[step] ?? 0n));
  return { touches, unattributed: weights.unattributed };
}
