import type { ModelRequest } from '../../domain/attribution/model-request.js';
import { type CreditRow, creditRows, type Totals, totalsOf } from '../attribution-rows.js';
import type { CreditComputer } from '../computed-credits.js';
import { type CreditView, withLedger } from '../credit-ledger.js';
import { isStored } from '../model-parameters.js';
import type { View } from '../read-models.js';
import { type Cut, MODEL_NAMES, type ReportScope } from '../report-scope.js';
import { ReportSource } from '../report-source.js';
import type { Basis } from '../../domain/attribution/weigh-paths.js';

/** A report at one position. */
export interface ReportAt {
  /** With the paths of the committee. */
  readonly view: CreditView;
  readonly scope: ReportScope;
  readonly source: ReportSource;
  readonly rows: readonly CreditRow[];
  readonly totals: Totals;
  readonly basis: Basis;
}

interface Asked {
  readonly model: ModelRequest;
  readonly by: readonly Cut[];
}

/** A report as it is read at its position: from the ledger, or computed for the request. */
export async function readReport(
  opened: View,
  scope: ReportScope,
  { model, by }: Asked,
  computer: CreditComputer,
): Promise<ReportAt> {
  const stored = isStored(model);
  const models = stored ? MODEL_NAMES.filter((name) => name === model.model) : [];
  const view = await withLedger(opened, { metric: scope.metric, models });
  const source = new ReportSource(view, scope, [model]);
  if (stored) {
    const rows = await creditRows(view, scope, { model: model.model, by });
    return { view, scope, source, rows, totals: await totalsOf(view, scope), basis: {} };
  }
  const { rows, totals, basis } = await computer.creditFrom(source, { model, by });
  return { view: await source.committeeView(), scope, source, rows, totals, basis };
}
