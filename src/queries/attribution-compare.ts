import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { basisPart } from './attribution-basis.js';
import { type CompareAnswer, type ModelCredit, type ModelSums } from './attribution-compare-items.js';
import { type CreditRow, creditRows, type Totals, totalsOf } from './attribution-rows.js';
import {
  checkFilter,
  FILTER_PARAMETERS,
  filteredCuts,
  filterOf,
  reportProjections,
} from './report-filters.js';
import { inReportCurrency } from './converted-ledger.js';
import { scopePart, shareOf, slice, withoutOf } from './attribution.js';
import { cellName, cellNames } from './cell-names.js';
import { type ComputedCredits, CreditComputer } from './computed-credits.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import {
  COMPARED_MODELS,
  type ComparedModel,
  type ComparedName,
  comparedModelsOf,
  isStored,
  MODEL_OPTIONS,
} from './model-parameters.js';
import { money } from '../domain/attribution/money.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import type { EntityTag } from './entity-tag.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';
import {
  type Cut,
  cutsOf,
  isByTime,
  type ReportFilter,
  type ReportScope,
  resolveScope,
  SCOPE_PARAMETERS,
  scopeQueryOf,
  type ScopeQuery,
} from './report-scope.js';

export class CompareAttribution extends Query<CompareAnswer> {
  readonly compared: readonly ComparedModel[];
  /** The model that the others are compared with; by default the first. */
  readonly baseline: ComparedName;
  readonly by: readonly Cut[];
  readonly filter: ReportFilter;
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
    this.scope = scopeQueryOf(params);
    const request = pageRequestOf(workspace, params, { name: 'compare', given, shapes: [/^\d{1,9}$/] });
    this.request = { ...request, tag };
  }
}

/** A report under one of the models. */
interface ModelReport {
  readonly rows: readonly CreditRow[];
  readonly totals: Totals;
  /** Undefined: its credits are stored. */
  readonly computed?: ComputedCredits;
}
type ModelReports = ReadonlyMap<ComparedName, ModelReport>;

/** One cell under all models. */
interface Compared {
  readonly row: CreditRow;
  readonly credits: Map<ComparedName, CreditRow>;
}

@QueryHandler(CompareAttribution)
export class CompareAttributionHandler implements IQueryHandler<CompareAttribution> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(CreditComputer) private readonly computer: CreditComputer,
  ) {}

  execute(query: CompareAttribution): Promise<CompareAnswer> {
    const { compared, baseline, by, filter, request } = query;
    const filtered = filteredCuts(filter);
    return this.models.view(request, reportProjections([...by, ...filtered]), async (opened) => {
      checkFilter(opened, filter);
      const scope = {
        ...(await resolveScope(opened, query.scope, { currencies: 'rated' })),
        ...(filtered.length > 0 && { filter }),
      };
      const stored = MODEL_NAMES.filter((name) => compared.some((each) => each.name === name && isStored(each.request))); // prettier-ignore
      const ledger = await withLedger(opened, { metric: scope.metric, models: stored });
      const view = await inReportCurrency(ledger, scope, stored);
      const totals = await totalsOf(view, scope);
      const reports = await this.reports(view, scope, { query, totals });
      const { page, next } = slice(request, view, cellsOf(reports, { baseline, by }));
      const cells = page.map(({ row }) => row);
      const names = await cellNames(view, by, cells);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        models: compared.map(({ name }) => name),
        baseline,
        by: [...by],
        ...(filtered.length > 0 && { filter }),
        ...(await scopePart(view, scope, reports.get(baseline)?.totals ?? totals)),
        sums: compared.map((model) => sumsOf(model, reports, { baseline, scope })),
        rows: page.map(({ row, credits }) => ({
          ...cellName(row, by, names),
          without: withoutOf(row, by),
          values: Object.fromEntries(
            compared.map(({ name }) => [
              name,
              modelCredit(credits.get(name), {
                currency: scope.currency,
                attributed: reports.get(name)?.totals.attributed ?? 0n,
                baseline: valueOf(credits.get(baseline)),
              }),
            ]),
          ),
        })),
        next,
      };
    });
  }

  private async reports(
    view: CreditView,
    scope: ReportScope,
    { query: { compared, by }, totals }: { readonly query: CompareAttribution; readonly totals: Totals },
  ): Promise<ModelReports> {
    const others = compared.filter(({ request }) => !isStored(request));
    const models = others.map(({ request }) => request);
    const computed = models.length === 0 ? [] : await this.computer.creditAll(view, scope, { models, by });
    const reports = new Map<ComparedName, ModelReport>();
    for (const { name } of compared) {
      const own = computed[others.findIndex((other) => other.name === name)];
      const rows = own?.rows ?? (await creditRows(view, scope, { model: name, by }));
      reports.set(name, { rows, totals: own?.totals ?? totals, ...(own && { computed: own }) });
    }
    return reports;
  }
}

/** Cells in the order of the baseline's report, then those it does not have in the order of the others'. */
function cellsOf(
  reports: ModelReports,
  { baseline, by }: { readonly baseline: ComparedName; readonly by: readonly Cut[] },
): Compared[] {
  const cells = new Map<string, Compared>();
  for (const model of new Set([baseline, ...reports.keys()])) {
    for (const row of reports.get(model)?.rows ?? []) {
      const name = JSON.stringify(row.keys);
      const cell = cells.get(name) ?? { row, credits: new Map<ComparedName, CreditRow>() };
      cells.set(name, cell);
      cell.credits.set(model, row);
    }
  }
  const all = [...cells.values()];
  return isByTime(by) ? all.sort((a, b) => byKey(a, b)) : all;
}

/** Stable: within a month the order stays. */
function byKey(a: Compared, b: Compared): number {
  const [left, right] = [a.row.keys[0] ?? '', b.row.keys[0] ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}

function sumsOf(
  { name, request }: ComparedModel,
  reports: ModelReports,
  { baseline, scope: { currency } }: { readonly baseline: ComparedName; readonly scope: ReportScope },
): ModelSums {
  const attributedBy = (model: ComparedName): bigint => reports.get(model)?.totals.attributed ?? 0n;
  const { computed, totals, rows = [] } = reports.get(name) ?? {};
  return {
    model: name,
    ...(computed && { request, ...basisPart(computed) }),
    attributed: money(attributedBy(name), currency),
    selected: money(
      rows.reduce((sum, { value }) => sum + value, 0n),
      currency,
    ),
    unattributed: money(totals?.unattributed ?? 0n, currency),
    unattributedOpportunities: totals?.unattributedOpportunities ?? 0,
    difference: money(attributedBy(name) - attributedBy(baseline), currency),
  };
}

const valueOf = (row: CreditRow | undefined): bigint => row?.value ?? 0n;

interface CreditContext {
  readonly currency: string;
  /** Minor units; `baseline` those of the model that the others are compared with. */
  readonly attributed: bigint;
  readonly baseline: bigint;
}

const modelCredit = (
  row: CreditRow | undefined,
  { currency, attributed, baseline }: CreditContext,
): ModelCredit => ({
  value: money(valueOf(row), currency),
  difference: money(valueOf(row) - baseline, currency),
  share: shareOf(valueOf(row), attributed),
  opportunities: row?.opportunities ?? 0,
  touches: row?.touches ?? 0,
});
