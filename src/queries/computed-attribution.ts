import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { playerName } from '../domain/attribution/players.js';
import type { CreditRow } from './attribution-rows.js';
import type { CreditComputer } from './computed-credits.js';
import { withLedger } from './credit-ledger.js';
import type { ReadModels, View } from './read-models.js';
import { reportProjections } from './report-filters.js';
import { type Cut, type Metric, resolveScope } from './report-scope.js';
import type { ModelBasis } from './weighed-report.js';

/** What a model over all paths gives to channels by month, over all time. */
export interface ComputedAttribution {
  readonly workspace: string;
  readonly request: ModelRequest;
  readonly metric: Metric;
  readonly asOf: bigint;
  readonly modelVersion: number;
  readonly currency: string;
  readonly rows: readonly CreditRow[];
  /** Removal effects or Shapley values. */
  readonly values: ReadonlyMap<string | null, number>;
}

const BY: readonly Cut[] = ['channel', 'month'];

/** Computes as reports do, at the position of the read models. @throws Problem 400 `report-too-large`, 503 while they are rebuilt */
export function computeAttribution(
  models: ReadModels,
  computer: CreditComputer,
  { workspace, metric, request }: Pick<ComputedAttribution, 'workspace' | 'metric' | 'request'>,
): Promise<ComputedAttribution> {
  const asked = { workspace, asOf: undefined, minPosition: undefined };
  return models.view(asked, reportProjections(BY), async (opened: View) => {
    const scope = await resolveScope(opened, { metric, from: undefined, to: undefined, currency: undefined });
    const view = await withLedger(opened, { metric, models: [] });
    const computed = await computer.credit(view, scope, { model: request, by: BY });
    return {
      ...{ workspace, request, metric, asOf: view.asOf, modelVersion: view.modelVersion },
      currency: scope.currency,
      rows: computed.rows,
      values: valuesOf(computed),
    };
  });
}

function valuesOf({ basis: { removal, game } }: ModelBasis): ReadonlyMap<string | null, number> {
  const players = [
    ...(removal?.effects ?? []).map(({ player, effect }) => [player, effect] as const),
    ...(game?.values ?? []).map(({ player, value }) => [player, value] as const),
  ];
  return new Map(players.map(([player, value]) => [playerName(player).value, value]));
}

/** Replaces what schema bi shows of the workspace, metric and model. */
export function saveAttribution(pool: pg.Pool, computed: ComputedAttribution): Promise<void> {
  const { workspace, metric, request, currency, asOf, modelVersion, values } = computed;
  const cells = computed.rows.map(({ keys: [channel = null, month], value, opportunities, touches }) => ({
    ...{ channel, month: `${month}-01`, credited: String(value), opportunities, touches },
    model_value: values.get(channel) ?? 0,
  }));
  return withTransaction(pool, async (tx) => {
    // One command after the other; readers do not wait.
    await tx.query('LOCK TABLE touchline.computed_attribution IN SHARE ROW EXCLUSIVE MODE');
    await tx.query(DELETE, [workspace, metric, request.model]);
    await tx.query(INSERT, [
      ...[workspace, metric, request.model, currency, JSON.stringify(request)],
      ...[String(asOf), modelVersion, JSON.stringify(cells)],
    ]);
  });
}

const DELETE = `DELETE FROM touchline.computed_attribution WHERE workspace = $1 AND metric = $2 AND model = $3`;

const INSERT = `
  INSERT INTO touchline.computed_attribution
    (workspace, metric, model, currency, parameters, position, model_version, channel, month, credited_minor, opportunities, touches,
     model_value)
  SELECT $1, $2, $3, $4, $5, $6, $7, channel, month, credited, opportunities, touches, model_value
  FROM json_to_recordset($8) AS cell
    (channel text, month date, credited bigint, opportunities int, touches int, model_value float8)`;
