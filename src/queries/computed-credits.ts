import { Inject, Injectable } from '@nestjs/common';
import { type ModelRequest, requestKey } from '../domain/attribution/model-request.js';
import type { ShareRow } from '../read-models/attribution/records.js';
import type { ExplainedCell } from './attribution-cell.js';
import { type CreditRow, creditRows, type Totals, totalsOf } from './attribution-rows.js';
import { type ComputedParts, computedParts } from './computed-parts.js';
import type { CreditView } from './credit-ledger.js';
import { QuerySlots } from './query-slots.js';
import type { Cut, ReportScope } from './report-scope.js';
import { ReportSource } from './report-source.js';
import { SharedResults, type Wanted } from './shared-results.js';
import { SOLVE_CHAIN, type SolveChain } from './solve-chain.js';
import { type ModelBasis, modelBasisOf, shareRows, stepsOf, withShares } from './weighed-report.js';

/** Credits of a report under a model whose credits are not stored. */
export interface ComputedCredits extends ModelBasis {
  readonly rows: readonly CreditRow[];
  readonly totals: Totals;
}

/** The same touch by touch, by opportunity. */
export interface ComputedShares {
  readonly shares: ReadonlyMap<string, ShareRow>;
  readonly totals: Totals;
}

/** Cells and players of all cached results together: some 100 MB. */
const MOST_CELLS = { credits: 300_000, bases: 100_000, parts: 100_000 };

const playersOf = ({ basis }: ModelBasis): number =>
  (basis.removal?.effects.length ?? 0) + (basis.game?.coalitions.length ?? 0);

/**
 * Computes credits at the position of a view and keeps the results by position and parameters: what is true at a position
 * never changes. One report of a workspace is computed at a time, and two of all: each may take a gigabyte and a core.
 */
@Injectable()
export class CreditComputer {
  private readonly slots = new QuerySlots({ width: 2, share: 1, queue: 200, waitMs: 30_000 });
  private readonly credits = new SharedResults<ComputedCredits>(this.slots, {
    mostCells: MOST_CELLS.credits,
    cellsOf: (each) => each.rows.length + playersOf(each),
  });
  private readonly bases = new SharedResults<ModelBasis>(this.slots, {
    mostCells: MOST_CELLS.bases,
    cellsOf: playersOf,
  });
  private readonly parts = new SharedResults<ComputedParts>(this.slots, {
    mostCells: MOST_CELLS.parts,
    cellsOf: ({ parts }) => parts.reduce((sum, { touches }) => sum + touches.length, 0),
  });

  constructor(@Inject(SOLVE_CHAIN) private readonly solve: SolveChain) {}

  /** The credits of a report under a model. @throws Problem 400 `players-too-many`, `report-too-large` */
  credit(
    view: CreditView,
    scope: ReportScope,
    { model, by }: { readonly model: ModelRequest; readonly by: readonly Cut[] },
  ): Promise<ComputedCredits> {
    return this.creditFrom(new ReportSource(view, scope, [model]), { model, by });
  }

  /** The same from paths that the caller reads, too. @throws Problem 400 `players-too-many`, `report-too-large` */
  creditFrom(
    source: ReportSource,
    { model, by }: { readonly model: ModelRequest; readonly by: readonly Cut[] },
  ): Promise<ComputedCredits> {
    return this.credits.one(source.view.workspace, this.creditsOf(source, model, by));
  }

  /** The same under each of these models, in their order. @throws Problem 400 `players-too-many`, `report-too-large` */
  creditAll(
    view: CreditView,
    scope: ReportScope,
    { models, by }: { readonly models: readonly ModelRequest[]; readonly by: readonly Cut[] },
  ): Promise<readonly ComputedCredits[]> {
    const source = new ReportSource(view, scope, models);
    return this.credits.all(
      view.workspace,
      models.map((model) => this.creditsOf(source, model, by)),
    );
  }

  private creditsOf(source: ReportSource, model: ModelRequest, by: readonly Cut[]): Wanted<ComputedCredits> {
    const { view, scope } = source;
    return {
      key: keyOf(source, model, by),
      compute: async () => {
        const { modelBasis, shares } = await this.weigh(source, model);
        return {
          ...modelBasis,
          rows: await creditRows(withShares(await source.committeeView(), shares), scope, { model: model.model, by }), // prettier-ignore
          totals: totalsWith(await totalsOf(view, scope), shares),
        };
      },
    };
  }

  /** What a model over all paths of a report rests on. @throws Problem 400 `players-too-many`, `report-too-large` */
  basis(view: CreditView, scope: ReportScope, model: ModelRequest): Promise<ModelBasis> {
    const source = new ReportSource(view, scope, [model]);
    return this.bases.one(view.workspace, {
      key: keyOf(source, model),
      compute: async () =>
        modelBasisOf(source, model, await stepsOf(model, await source.paths()), this.solve),
    });
  }

  /** What the opportunities of a report give to one of its cells. @throws Problem 400 `players-too-many`, `report-too-large` */
  explain(
    view: CreditView,
    scope: ReportScope,
    { model, cell }: { readonly model: ModelRequest; readonly cell: ExplainedCell },
  ): Promise<ComputedParts> {
    const source = new ReportSource(view, scope, [model]);
    return this.parts.one(view.workspace, {
      key: keyOf(source, model, cell),
      compute: async () => {
        const { modelBasis, steps, shares } = await this.weigh(source, model);
        return computedParts(source, { model, cell, modelBasis, steps, shares });
      },
    });
  }

  /** What a model gives to the touches of each opportunity. It is not kept. @throws Problem 400 `players-too-many`, `report-too-large` */
  shares(view: CreditView, scope: ReportScope, model: ModelRequest): Promise<ComputedShares> {
    const source = new ReportSource(view, scope, [model]);
    return this.slots.run(view.workspace, async () => {
      const { shares } = await this.weigh(source, model, true);
      const paths = await source.paths();
      const opportunityOf = new Map(paths.map(({ pathId, opportunityId }) => [pathId, opportunityId]));
      const keyed = shares.map((share) => [opportunityOf.get(String(share.pathId)) ?? '', share] as const);
      return { shares: new Map(keyed), totals: totalsWith(await totalsOf(view, scope), shares) };
    });
  }

  private async weigh(source: ReportSource, model: ModelRequest, withWeights = false) {
    const paths = await source.paths();
    const steps = await stepsOf(model, paths);
    const modelBasis = await this.bases.cached(source.view.workspace, {
      key: keyOf(source, model),
      compute: () => modelBasisOf(source, model, steps, this.solve),
    });
    const shares = await shareRows(source.view, model, modelBasis.basis, { paths, steps, withWeights });
    return { modelBasis, steps, shares };
  }
}

const keyOf = ({ view, scope }: ReportSource, model: ModelRequest, of?: unknown): string =>
  JSON.stringify([String(view.asOf), scope, requestKey(model), of]);

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
