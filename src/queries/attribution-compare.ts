import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import type { CompareAnswer } from './attribution-compare-items.js';
import { checkReturns, reportInvestments, returnRows, returnsItem } from './attribution-returns.js';
import { creditRows, type Totals, totalsOf } from './attribution-rows.js';
import {
  FILTER_PARAMETERS,
  filteredCuts,
  filteredScope,
  filterOf,
  reportProjections,
} from './report-filters.js';
import { inReportCurrency } from './converted-ledger.js';
import { scopePart, slice, withoutOf } from './attribution.js';
import { cellName, cellNames } from './cell-names.js';
import {
  cellsOf,
  investedIn,
  modelCredit,
  type ModelReport,
  type ModelReports,
  sumsOf,
} from './compared-cells.js';
import { CreditComputer } from './computed-credits.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import {
  COMPARED_MODELS,
  type ComparedModel,
  type ComparedName,
  comparedModelsOf,
  isStored,
  MODEL_OPTIONS,
} from './model-parameters.js';
import type { Investments } from './invested-cells.js';
import { valueOf as maybeMoney } from './money.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import type { EntityTag } from './entity-tag.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';
import {
  creditedMetric,
  type Cut,
  cutsOf,
  isReturn,
  periodQueryOf,
  REPORT_METRICS,
  type ReportFilter,
  type ReportMetric,
  type ReportScope,
  SCOPE_PARAMETERS,
  type ScopeQuery,
} from './report-scope.js';

export class CompareAttribution extends Query<CompareAnswer> {
  readonly compared: readonly ComparedModel[];
  /** The model that the others are compared with; by default the first. */
  readonly baseline: ComparedName;
  readonly by: readonly Cut[];
  readonly filter: ReportFilter;
  readonly metric: ReportMetric;
  readonly scope: ScopeQuery;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams, tag?: EntityTag) {
    super();
    const params = new Params(given, [
      ...['models', 'baseline', ...MODEL_OPTIONS, 'by'],
      ...FILTER_PARAMETERS,
      ...SCOPE_PARAMETERS,
      ...PAGE_PARAMETERS,
    ]);
    this.compared = comparedModelsOf(params, given);
    const names = this.compared.map(({ name }) => name);
    const baseline = params.oneOf('baseline', COMPARED_MODELS);
    if (baseline !== undefined && names.length > 0 && !names.includes(baseline))
      params.fault('baseline-invalid', 'baseline', `${baseline} is not among models: ${names.join(', ')}`);
    this.baseline = baseline ?? names[0] ?? 'linear';
    this.by = cutsOf(params);
    this.filter = filterOf(params);
    this.metric = params.oneOf('metric', REPORT_METRICS) ?? 'revenue';
    this.scope = { metric: creditedMetric(this.metric), ...periodQueryOf(params) };
    checkReturns(params, given, this);
    const request = pageRequestOf(workspace, params, { name: 'compare', given, shapes: [/^\d{1,9}$/] });
    this.request = { ...request, tag };
  }
}

interface ComparedReports {
  readonly query: CompareAttribution;
  /** Of models whose credits are stored. */
  readonly totals: Totals;
  readonly investments: Investments | undefined;
}

@QueryHandler(CompareAttribution)
export class CompareAttributionHandler implements IQueryHandler<CompareAttribution> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(CreditComputer) private readonly computer: CreditComputer,
  ) {}

  execute(query: CompareAttribution): Promise<CompareAnswer> {
    const { compared, baseline, metric, by, filter, request } = query;
    const cuts = [...by, ...filteredCuts(filter)];
    return this.models.view(request, reportProjections(cuts), async (opened) => {
      const scope = await filteredScope(opened, query.scope, filter);
      const stored = MODEL_NAMES.filter((name) => compared.some((each) => each.name === name && isStored(each.request))); // prettier-ignore
      const ledger = await withLedger(opened, { metric: scope.metric, models: stored });
      const view = await inReportCurrency(ledger, scope, stored);
      const totals = await totalsOf(view, scope);
      const investments = isReturn(metric) ? await reportInvestments(view, scope, query) : undefined;
      const reports = await this.reports(view, scope, { query, totals, investments });
      const { page, next } = slice(request, view, cellsOf(reports, { baseline, by }));
      const cells = page.map(({ row }) => row);
      const names = await cellNames(view, by, cells);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        models: compared.map(({ name }) => name),
        baseline,
        by: [...by],
        ...(scope.filter && { filter }),
        ...(await scopePart(view, scope, reports.get(baseline)?.totals ?? totals)),
        metric,
        ...(await this.returns(view, scope, query, { reports, investments })),
        sums: compared.map((model) => sumsOf(model, reports, { baseline, metric, scope })),
        rows: page.map(({ row, credits }) => ({
          ...cellName(row, by, names),
          without: withoutOf(row, by),
          ...(investments && { invested: maybeMoney(investedIn(row), scope.currency) }),
          values: Object.fromEntries(
            compared.map(({ name }) => {
              const attributed = reports.get(name)?.totals.attributed ?? 0n;
              const context = { currency: scope.currency, metric, attributed };
              return [name, modelCredit({ row, credits }, { name, baseline }, context)];
            }),
          ),
        })),
        next,
      };
    });
  }

  private async reports(
    view: CreditView,
    scope: ReportScope,
    { query: { compared, by }, totals, investments }: ComparedReports,
  ): Promise<ModelReports> {
    const others = compared.filter(({ request }) => !isStored(request));
    const models = others.map(({ request }) => request);
    const computed = models.length === 0 ? [] : await this.computer.creditAll(view, scope, { models, by });
    const reports = new Map<ComparedName, ModelReport>();
    for (const { name } of compared) {
      const own = computed[others.findIndex((other) => other.name === name)];
      const rows = own?.rows ?? (await creditRows(view, scope, { model: name, by }));
      reports.set(name, {
        rows: investments ? returnRows(rows, investments, by) : rows,
        totals: own?.totals ?? totals,
        ...(own && { computed: own }),
      });
    }
    return reports;
  }

  /** What was invested, beside the credit of the baseline. */
  private async returns(
    view: CreditView,
    scope: ReportScope,
    { metric, baseline }: CompareAttribution,
    {
      reports,
      investments,
    }: { readonly reports: ModelReports; readonly investments: Investments | undefined },
  ): Promise<Pick<CompareAnswer, 'returns'>> {
    if (!isReturn(metric) || !investments) return {};
    const rows = (reports.get(baseline)?.rows ?? []).map((row) => ({ ...row, invested: investedIn(row) }));
    return { returns: await returnsItem(view, scope, { metric, rows, investments }) };
  }
}
