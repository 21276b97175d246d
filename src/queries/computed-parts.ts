import type { ModelRequest } from '../domain/attribution/model-request.js';
import type { Steps } from '../domain/attribution/weigh-paths.js';
import type { ShareRow } from '../read-models/attribution/records.js';
import { type ExplainedCell, partsOfCell } from './attribution-cell.js';
import type { PartOfOpportunity } from './explained-opportunities.js';
import type { ExplainedPlayer } from './explained-player-items.js';
import { explainedPlayers } from './explained-players.js';
import type { ReportSource } from './report-source.js';
import { type ModelBasis, stepsOf, withShares } from './weighed-report.js';

/** What a cell of a report consists of under a model whose credits are not stored. */
export interface ComputedParts extends ModelBasis {
  readonly parts: readonly PartOfOpportunity[];
  /** Of the credited touches; only of models over all paths. */
  readonly players: readonly ExplainedPlayer[];
}

interface Weighed {
  readonly model: ModelRequest;
  readonly cell: ExplainedCell;
  readonly modelBasis: ModelBasis;
  /** Of the paths of the source. */
  readonly steps: readonly Steps[];
  readonly shares: readonly ShareRow[];
}

export async function computedParts(
  source: ReportSource,
  { model, cell, modelBasis, steps, shares }: Weighed,
): Promise<ComputedParts> {
  const parts = await partsOfCell(withShares(await source.committeeView(), shares), source.scope, {
    model: model.model,
    cell,
  });
  const touchesOf = new Map(parts.map(({ opportunityId, touches }) => [opportunityId, new Set(touches)]));
  const players = new Set<string>();
  for (const [at, { opportunityId }] of (await source.paths()).entries())
    for (const { index, player } of steps[at] ?? [])
      if (touchesOf.get(opportunityId)?.has(index + 1)) players.add(player);
  const nonConverting = await stepsOf(model, await source.pathsWithoutConversion(model));
  const { basis } = modelBasis;
  return {
    ...modelBasis,
    parts,
    players: await explainedPlayers(model, players, { basis, converting: steps, nonConverting }),
  };
}
