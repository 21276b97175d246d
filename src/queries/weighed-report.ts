import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { fractionsOf } from '../domain/attribution/models.js';
import { distribute } from '../domain/attribution/money.js';
import { type AttributionSettings, DEFAULT_ATTRIBUTION } from '../domain/attribution/settings.js';
import { shapley } from '../domain/attribution/shapley.js';
import {
  type Basis,
  countedPaths,
  type OpportunityPath,
  pathSteps,
  type Steps,
  weigherOf,
  worthyPaths,
} from '../domain/attribution/weigh-paths.js';
import { Refused } from '../domain/refused.js';
import { Problem } from '../http/problem.js';
import { ATTRIBUTION_SHARE, marks, type ShareRow } from '../read-models/attribution/records.js';
import type { CreditView } from './credit-ledger.js';
import type { View } from './read-models.js';
import type { ReportPath } from './report-paths.js';
import type { ReportSource } from './report-source.js';
import { packPaths, type SolveChain } from './solve-chain.js';
import { sql } from './sql.js';

/** What a model over all paths rests on. */
export interface ModelBasis {
  readonly basis: Basis;
  /** Paths with at least one touch; those without conversion only where the model looks at them. */
  readonly converting: number;
  readonly nonConverting: number;
}

/** @throws Problem 400 `players-too-many`, `report-too-large` */
export async function modelBasisOf(
  source: ReportSource,
  model: ModelRequest,
  converting: readonly Steps[],
  solve: SolveChain,
): Promise<ModelBasis> {
  const nonConverting = await stepsOf(model, await source.pathsWithoutConversion(model));
  const revenues = (await source.paths()).map(({ revenue }) => revenue);
  return {
    basis: await basisOf(model, { converting, nonConverting, revenues }, solve),
    converting: converting.filter((steps) => steps.length > 0).length,
    nonConverting: nonConverting.filter((steps) => steps.length > 0).length,
  };
}

interface ModelledPaths {
  readonly converting: readonly Steps[];
  readonly nonConverting: readonly Steps[];
  /** Of the converting ones. */
  readonly revenues: readonly number[];
}

/** What a model over all paths rests on, of these. @throws Problem 400 `players-too-many` */
export async function basisOf(
  model: ModelRequest,
  { converting, nonConverting, revenues }: ModelledPaths,
  solve: SolveChain,
): Promise<Basis> {
  try {
    if (model.model === 'markov') {
      const packed = packPaths(model.order, countedPaths(model, converting, nonConverting));
      return { removal: await solve(packed) };
    }
    if (model.model !== 'shapley') return {};
    return { game: shapley(worthyPaths(model, converting, revenues)) };
  } catch (error) {
    throw error instanceof Refused ? refusal(error) : error;
  }
}

function refusal({ code, message, path = 'model' }: Refused): Problem {
  return new Problem(400, code, `${path}: ${message}`, [{ path, message }]);
}

/** Paths between which other requests have their turn. */
const PATHS_A_TURN = 500;

/** The paths as the model sees them. */
export async function stepsOf(model: ModelRequest, paths: readonly OpportunityPath[]): Promise<Steps[]> {
  const all: Steps[] = [];
  for (const path of paths) {
    all.push(pathSteps(model, path));
    if (all.length % PATHS_A_TURN === 0) await nextTurn();
  }
  return all;
}

export const attributionSettingsOf = ({ model }: View): AttributionSettings =>
  model?.data.document.attribution ?? DEFAULT_ATTRIBUTION;

interface WeighedPaths {
  readonly paths: readonly ReportPath[];
  readonly steps: readonly Steps[];
  readonly withWeights: boolean;
}

/** The shares of all paths with credited touches, as the ledger would store them. Reports do without their weights. */
export async function shareRows(
  view: CreditView,
  model: ModelRequest,
  basis: Basis,
  { paths, steps, withWeights }: WeighedPaths,
): Promise<ShareRow[]> {
  const weigh = weigherOf(model, attributionSettingsOf(view), basis);
  const shares: ShareRow[] = [];
  for (const [index, path] of paths.entries()) {
    const { touches, unattributed } = weigh(steps[index] ?? [], path.touches.length);
    if (index % PATHS_A_TURN === 0) await nextTurn();
    if (touches.every((weight) => weight === 0n)) continue;
    const marked = path.touches.map((touch, at) => ({ ...touch, source: path.sources[at] ?? null }));
    shares.push({
      pathId: BigInt(path.pathId),
      workspace: view.workspace,
      model: model.model,
      weights: withWeights ? fractionsOf([...touches, unattributed]).slice(0, -1) : [],
      amounts: [],
      reported: distribute(path.reportedMinor ?? 0n, [...touches, unattributed]).slice(0, -1),
      marks: marks(marked, touches),
    });
  }
  return shares;
}

/** The view with these shares as its ledger. */
export const withShares = (view: CreditView, shares: readonly ShareRow[]): CreditView => ({
  ...view,
  ledger: {
    ...view.ledger,
    shares: sql`(SELECT * FROM json_populate_recordset(NULL::touchline.attribution_share, ${ATTRIBUTION_SHARE.toJson(shares)}))`,
  },
});
