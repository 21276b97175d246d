import { Inject } from '@nestjs/common';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { money } from '../domain/attribution/money.js';
import { basisPart } from './attribution-basis.js';
import { type CreditRow, creditRows, type Totals, totalsOf } from './attribution-rows.js';
import { type AttributionAnswer, creditItem, FindAttribution, scopePart, slice } from './attribution.js';
import {
  reportInvestments,
  type ReturnRow,
  returnRows,
  type ReturnsItem,
  returnsItem,
} from './attribution-returns.js';
import { cellNames } from './cell-names.js';
import { type ComputedCredits, CreditComputer } from './computed-credits.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import { isStored } from './model-parameters.js';
import { filteredCuts, filteredScope, reportProjections } from './report-filters.js';
import { inReportCurrency } from './converted-ledger.js';
import { ReadModels, type View } from './read-models.js';
import { isReturn, MODEL_NAMES, type ReportScope, type ReturnMetric } from './report-scope.js';

@QueryHandler(FindAttribution)
export class FindAttributionHandler implements IQueryHandler<FindAttribution> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(CreditComputer) private readonly computer: CreditComputer,
  ) {}

  execute(query: FindAttribution): Promise<AttributionAnswer> {
    const { model, metric, by, filter, request, whole } = query;
    const cuts = [...by, ...filteredCuts(filter)];
    return this.models.view(request, reportProjections(cuts), async (opened) => {
      const scope = await filteredScope(opened, query.scope, filter);
      const credits = await this.credits(opened, scope, query);
      const returns = isReturn(metric) ? await returnsOf(opened, scope, { ...query, metric }, credits.rows) : undefined; // prettier-ignore
      const rows = returns?.rows ?? credits.rows;
      const { page, next } = whole ? { page: rows, next: null } : slice(request, opened, rows);
      const names = await cellNames(opened, by, page);
      const { totals, view, computed } = credits;
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        model: model.model,
        ...(computed && { request: model }),
        ...(computed && basisPart(computed)),
        by: [...by],
        ...(scope.filter && { filter }),
        ...(await scopePart(view, scope, totals)),
        metric,
        selected: money(
          credits.rows.reduce((sum, { value }) => sum + value, 0n),
          scope.currency,
        ),
        ...(returns && { returns: returns.item }),
        rows: page.map((row) =>
          creditItem(row, { metric, by, names, currency: scope.currency, attributed: totals.attributed }),
        ),
        next,
      };
    });
  }

  /** From the ledger, or computed for the request. */
  private async credits(
    opened: View,
    scope: ReportScope,
    { model, by }: FindAttribution,
  ): Promise<ReportCredits> {
    const { metric } = scope;
    if (!isStored(model)) {
      const view = await inReportCurrency(await withLedger(opened, { metric, models: [] }), scope, []);
      const computed = await this.computer.credit(view, scope, { model, by });
      return { view, rows: computed.rows, totals: computed.totals, computed };
    }
    const models = MODEL_NAMES.filter((name) => name === model.model);
    const view = await inReportCurrency(await withLedger(opened, { metric, models }), scope, models);
    const totals = await totalsOf(view, scope);
    return { view, totals, rows: await creditRows(view, scope, { model: model.model, by }) };
  }
}

interface Returns {
  readonly rows: readonly ReturnRow[];
  readonly item: ReturnsItem;
}

async function returnsOf(
  view: View,
  scope: ReportScope,
  { metric, by, filter }: Pick<FindAttribution, 'by' | 'filter'> & { readonly metric: ReturnMetric },
  credited: readonly CreditRow[],
): Promise<Returns> {
  const investments = await reportInvestments(view, scope, { by, filter });
  const rows = returnRows(credited, investments, by);
  return { rows, item: await returnsItem(view, scope, { metric, rows, investments }) };
}

interface ReportCredits {
  readonly view: CreditView;
  readonly rows: readonly CreditRow[];
  readonly totals: Totals;
  readonly computed?: ComputedCredits;
}
