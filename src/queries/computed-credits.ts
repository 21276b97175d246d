import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { type ModelRequest, requestKey } from '../domain/attribution/model-request.js';
import { distribute } from '../domain/attribution/money.js';
import { DEFAULT_ATTRIBUTION } from '../domain/attribution/settings.js';
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
import { type CreditRow, creditRows, type Totals, totalsOf } from './attribution-rows.js';
import type { CreditView } from './credit-ledger.js';
import { lostPaths, type ReportPath, reportPaths } from './report-paths.js';
import type { Cut, ReportScope } from './report-scope.js';
import { packPaths, type SolveChain } from './solve-chain.js';
import { sql } from './sql.js';

/** Credits of a report under a model whose credits are not stored. */
export interface ComputedCredits {
  readonly rows: readonly CreditRow[];
  readonly totals: Totals;
  readonly basis: Basis;
  /** Paths that the model rests on, with at least one touch. */
  readonly converting: number;
  readonly nonConverting: number;
}

interface CreditRequest {
  readonly scope: ReportScope;
  readonly model: ModelRequest;
  readonly by: readonly Cut[];
}

/** Cells and players of all cached reports together: some 100 MB. */
const MOST_CACHED = 500_000;

/**
 * Computes credits at the position of a view and keeps the results by position and parameters: what is true at a position
 * never changes.
 */
export class CreditComputer {
  private readonly cache = new LRUCache<string, ComputedCredits>({
    maxSize: MOST_CACHED,
    sizeCalculation: ({ rows, basis }) =>
      1 + rows.length + (basis.removal?.effects.length ?? 0) + (basis.game?.coalitions.length ?? 0),
  });

  constructor(private readonly solve: SolveChain) {}

  /** @throws Problem 400 `players-too-many`, `report-too-large` */
  async compute(view: CreditView, request: CreditRequest): Promise<ComputedCredits> {
    const { scope, model, by } = request;
    const key = JSON.stringify([view.workspace, String(view.asOf), scope, requestKey(model), by]);
    const known = this.cache.get(key);
    if (known) return known;
    const computed = await this.computeAnew(view, request);
    this.cache.set(key, computed);
    return computed;
  }

  private async computeAnew(view: CreditView, { scope, model, by }: CreditRequest): Promise<ComputedCredits> {
    const paths = await reportPaths(view, scope, model);
    const lost = await lostPaths(view, scope, model);
    const converting = await stepsOf(model, paths);
    const nonConverting = await stepsOf(model, lost);
    const basis = await this.basisOf(model, paths, converting, nonConverting);
    const shares = await shareRows(view, model, basis, paths, converting);
    const ledger = { ...view.ledger, shares: sharesRelation(shares) };
    return {
      rows: await creditRows({ ...view, ledger }, scope, { model: model.model, by }),
      totals: totalsWith(await totalsOf(view, scope), shares),
      basis,
      converting: converting.filter((steps) => steps.length > 0).length,
      nonConverting: nonConverting.filter((steps) => steps.length > 0).length,
    };
  }

  private async basisOf(
    model: ModelRequest,
    paths: readonly ReportPath[],
    converting: readonly Steps[],
    nonConverting: readonly Steps[],
  ): Promise<Basis> {
    try {
      if (model.model === 'markov') {
        const packed = packPaths(model.order, countedPaths(model, converting, nonConverting));
        return { removal: await this.solve(packed) };
      }
      if (model.model !== 'shapley') return {};
      const revenues = paths.map(({ revenue }) => revenue);
      return { game: shapley(worthyPaths(model, converting, revenues)) };
    } catch (error) {
      throw error instanceof Refused ? refusal(error) : error;
    }
  }
}

function refusal({ code, message, path = 'model' }: Refused): Problem {
  return new Problem(400, code, `${path}: ${message}`, [{ path, message }]);
}

/** Paths between which other requests have their turn. */
const PATHS_A_TURN = 500;

async function stepsOf(model: ModelRequest, paths: readonly OpportunityPath[]): Promise<Steps[]> {
  const all: Steps[] = [];
  for (const path of paths) {
    all.push(pathSteps(model, path));
    if (all.length % PATHS_A_TURN === 0) await nextTurn();
  }
  return all;
}

/** The shares of all paths with credited touches, as the ledger would store them. */
async function shareRows(
  view: CreditView,
  model: ModelRequest,
  basis: Basis,
  paths: readonly ReportPath[],
  steps: readonly Steps[],
): Promise<ShareRow[]> {
  const settings = view.model?.data.document.attribution ?? DEFAULT_ATTRIBUTION;
  const weigh = weigherOf(model, settings, basis);
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
      // Reports read neither.
      weights: [],
      amounts: [],
      reported: distribute(path.reportedMinor, [...touches, unattributed]).slice(0, -1),
      marks: marks(marked, touches),
    });
  }
  return shares;
}

const sharesRelation = (shares: readonly ShareRow[]): CreditView['ledger']['shares'] =>
  sql`(SELECT * FROM json_populate_recordset(NULL::touchline.attribution_share, ${ATTRIBUTION_SHARE.toJson(shares)}))`;

/** What transforms and custom weights leave unattributed is so besides the opportunities without touches. */
function totalsWith(totals: Totals, shares: readonly ShareRow[]): Totals {
  const attributed = shares.reduce((sum, { reported }) => sum + (reported ?? []).reduce((all, each) => all + each, 0n), 0n); // prettier-ignore
  return {
    ...totals,
    attributed,
    unattributed: totals.total - attributed,
    unattributedOpportunities: totals.opportunities - shares.length,
  };
}
