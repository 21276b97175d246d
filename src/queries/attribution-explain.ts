import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { money } from '../domain/attribution/money.js';
import { basisPart } from './attribution-basis.js';
import { CELL_PARAMETERS, explainedNumberOf, type ExplainedNumber, partsOfCell } from './attribution-cell.js';
import type { AttributionExplanation } from './attribution-explanation.js';
import { checkReturns } from './attribution-returns.js';
import { slice } from './attribution.js';
import { withCommittee } from './committee-paths.js';
import { CreditComputer } from './computed-credits.js';
import { inReportCurrency } from './converted-ledger.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import { explainedReturns, type ExplainedReturns, investmentsOfCell } from './explained-investments.js';
import {
  type CreditsOfPaths,
  explainedOpportunities,
  type PartOfOpportunity,
  ruleOf,
} from './explained-opportunities.js';
import { sumOf } from './invested-cells.js';
import { isStored, MODEL_PARAMETERS, modelRequestOf } from './model-parameters.js';
import { computedCredits, storedCredits } from './opportunity-credits.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { ReadModels, type View } from './read-models.js';
import { checkFilter, filteredCuts, filteredScope, NO_FILTER, reportProjections } from './report-filters.js';
import {
  creditedMetric,
  DEFAULT_MODEL,
  isReturn,
  periodQueryOf,
  REPORT_METRICS,
  type ReportMetric,
  type ReportScope,
  SCOPE_PARAMETERS,
  type ScopeQuery,
} from './report-scope.js';

export class ExplainAttribution extends Query<AttributionExplanation> {
  readonly model: ModelRequest;
  readonly metric: ReportMetric;
  readonly scope: ScopeQuery;
  readonly number: ExplainedNumber;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, [
      ...MODEL_PARAMETERS,
      ...CELL_PARAMETERS,
      ...SCOPE_PARAMETERS,
      ...PAGE_PARAMETERS,
    ]);
    this.model = modelRequestOf(params, given);
    this.metric = params.oneOf('metric', REPORT_METRICS) ?? 'revenue';
    this.scope = { metric: creditedMetric(this.metric), ...periodQueryOf(params) };
    this.number = explainedNumberOf(params, given);
    this.checkReturns(params, given);
    this.request = pageRequestOf(workspace, params, { name: 'explain', given, shapes: [/^\d{1,9}$/] });
  }

  private checkReturns(params: Params, given: RawParams): void {
    const { metric, scope } = this;
    const { by, cell } = this.number;
    checkReturns(params, given, { metric, scope, by, filter: cell });
    if (isReturn(metric) && cell.opportunityId !== undefined)
      params.fault('filter-without-investments', 'opportunityId', `narrows down credit, but not what was invested`); // prettier-ignore
  }
}

@QueryHandler(ExplainAttribution)
export class ExplainAttributionHandler implements IQueryHandler<ExplainAttribution> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(CreditComputer) private readonly computer: CreditComputer,
  ) {}

  execute(query: ExplainAttribution): Promise<AttributionExplanation> {
    const { model, metric, request } = query;
    const { cell, by, filter } = query.number;
    return this.models.view(request, reportProjections([...by, ...filteredCuts(cell)]), async (opened) => {
      checkFilter(opened, cell);
      const scope = await filteredScope(opened, query.scope, filter ?? NO_FILTER);
      const { view, parts, creditsOf, about } = await this.partsOf(opened, scope, query);
      const { page, next } = slice(request, view, parts);
      const value = sumOf(parts.map((part) => part.value));
      const returns = await this.returns(view, scope, query, value);
      const paged = await withCommittee(view, scope, model, page.map((part) => part.opportunityId)); // prettier-ignore
      const { currency, from, to } = scope;
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        model: model.model,
        ...about,
        metric,
        currency,
        from,
        to,
        cut: cell.cut,
        without: [...cell.without],
        ...(filter && { by: [...by] }),
        ...(scope.filter && { filter: scope.filter }),
        value: money(value, currency),
        ...(returns && { returns: returns.item }),
        opportunities: parts.length,
        touches: parts.reduce((sum, { touches }) => sum + touches.length, 0),
        rule: ruleOf(view, model),
        items: await explainedOpportunities(paged, scope, { parts: page, creditsOf }),
        next: next ?? returns?.next ?? null,
      };
    });
  }

  /** A page of investments goes with a page of opportunities. */
  private async returns(
    view: CreditView,
    scope: ReportScope,
    { metric, number, request }: ExplainAttribution,
    value: bigint,
  ): Promise<{ readonly item: ExplainedReturns; readonly next: string | null } | undefined> {
    if (!isReturn(metric)) return undefined;
    const all = await investmentsOfCell(view, scope, number);
    const { page, next } = slice(request, view, all);
    return { item: await explainedReturns(view, scope, { metric, value, all, page }), next };
  }

  /** From the ledger, or computed for the request. */
  private async partsOf(
    opened: View,
    scope: ReportScope,
    { model, number: { cell } }: ExplainAttribution,
  ): Promise<Explained> {
    const { metric } = scope;
    if (!isStored(model)) {
      const view = await inReportCurrency(await withLedger(opened, { metric, models: [] }), scope, []);
      const computed = await this.computer.explain(view, scope, { model, cell });
      const { basis, parts, players } = computed;
      return {
        view,
        parts,
        creditsOf: (paged, paths) => computedCredits(paged, scope, { model, basis }, paths.map((path) => path.opportunity_id)), // prettier-ignore
        about: {
          request: model,
          ...basisPart(computed),
          ...(players.length > 0 && { players: [...players] }),
        },
      };
    }
    const [name = DEFAULT_MODEL] = MODEL_NAMES.filter((each) => each === model.model);
    const asked = cell.opportunityId === undefined ? {} : { opportunityIds: [cell.opportunityId] };
    const ledger = await withLedger(opened, { metric, models: [name], ...asked });
    const view = await inReportCurrency(ledger, { ...scope, ...asked, filter: cell }, [name]);
    return {
      view,
      parts: await partsOfCell(view, scope, { model: name, cell }),
      creditsOf: (paged, paths) => storedCredits(paged, name, paths),
      about: {},
    };
  }
}

interface Explained {
  readonly view: CreditView;
  readonly parts: readonly PartOfOpportunity[];
  readonly creditsOf: CreditsOfPaths;
  readonly about: Pick<AttributionExplanation, 'request' | 'basis' | 'players'>;
}
