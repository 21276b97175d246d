import { removalEffects } from '../src/domain/attribution/markov/removal-effects.js';
import type { ModelRequest } from '../src/domain/attribution/model-request.js';
import type { Weights } from '../src/domain/attribution/parts.js';
import type { AttributionSettings } from '../src/domain/attribution/settings.js';
import { shapley } from '../src/domain/attribution/shapley.js';
import {
  type Basis,
  countedPaths,
  type OpportunityPath,
  pathSteps,
  type Steps,
  weigherOf,
  worthyPaths,
} from '../src/domain/attribution/weigh-paths.js';

export interface Paths {
  /** Of the opportunities that a report counts. */
  readonly converting: readonly OpportunityPath[];
  /** Of those that came to nothing; only `markov` asks for them. */
  readonly nonConverting: readonly OpportunityPath[];
}

export interface WeighedPaths extends Basis {
  /** Of each converting path, over its touches as they were; touches that the transforms left out have none. */
  readonly weights: readonly Weights[];
}

/**
 * Weighs the touches of each converting path. A path that the transforms leave without touches is unattributed as a whole.
 *
 * @throws Refused `players-too-many`
 */
export function weighPaths(request: ModelRequest, settings: AttributionSettings, paths: Paths): WeighedPaths {
  const converting = paths.converting.map((path) => pathSteps(request, path));
  const basis = basisOf(request, converting, paths);
  const weigh = weigherOf(request, settings, basis);
  const weights = converting.map((steps, index) =>
    weigh(steps, paths.converting[index]?.touches.length ?? 0),
  );
  return { weights, ...basis };
}

function basisOf(request: ModelRequest, converting: readonly Steps[], paths: Paths): Basis {
  if (request.model === 'markov') {
    const others = paths.nonConverting.map((path) => pathSteps(request, path));
    return { removal: removalEffects(countedPaths(request, converting, others), request.order) };
  }
  if (request.model !== 'shapley') return {};
  const revenues = paths.converting.map(({ revenue }) => revenue);
  return { game: shapley(worthyPaths(request, converting, revenues)) };
}
