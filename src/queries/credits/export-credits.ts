import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { ModelRequest } from '../../domain/attribution/model-request.js';
import { money } from '../../domain/attribution/money.js';
import type { Totals } from '../attribution-rows.js';
import { CreditComputer } from '../computed-credits.js';
import { inReportCurrency } from '../converted-ledger.js';
import { withLedger } from '../credit-ledger.js';
import type { EntityTag } from '../entity-tag.js';
import { isStored, MODEL_PARAMETERS, modelRequestOf } from '../model-parameters.js';
import { POSITION_PARAMETERS, readRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import { ReadModels, type ReadRequest, type View } from '../read-models.js';
import {
  FILTER_PARAMETERS,
  filteredCuts,
  filteredScope,
  filterOf,
  reportProjections,
} from '../report-filters.js';
import { MODEL_NAMES, SCOPE_PARAMETERS, scopeQueryOf } from '../report-scope.js';
import type { ReportFilter, ReportScope, ScopeQuery } from '../report-scope.js';
import { started } from '../server-cursor.js';
import { handOver, isTaken, type SentTable } from '../tables/sent-table.js';
import { MEDIA_TYPES, TABLE_FORMATS, type TableFormat, tableStream } from '../tables/table-formats.js';
import { creditPages } from './credit-pages.js';
import { type CreditSource, sharedCredits, storedCredits } from './credit-source.js';
import { creditTable } from './credit-table.js';

/** The credited touches of the opportunities that a report with the same parameters is about. */
export class ExportCredits extends Query<SentTable> {
  readonly model: ModelRequest;
  readonly filter: ReportFilter;
  readonly scope: ScopeQuery;
  readonly format: TableFormat;
  readonly request: ReadRequest;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams, tag?: EntityTag) {
    super();
    const known = [...MODEL_PARAMETERS, ...FILTER_PARAMETERS, ...SCOPE_PARAMETERS, ...POSITION_PARAMETERS];
    const params = new Params(given, [...known, 'format']);
    this.model = modelRequestOf(params, given);
    this.filter = filterOf(params);
    this.scope = scopeQueryOf(params);
    this.format = params.oneOf('format', TABLE_FORMATS) ?? 'ndjson';
    this.request = { ...readRequestOf(workspace, params), tag };
    params.check();
  }
}

@QueryHandler(ExportCredits)
export class ExportCreditsHandler implements IQueryHandler<ExportCredits> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(CreditComputer) private readonly computer: CreditComputer,
  ) {}

  /** Resolves when the first rows were read; the transaction lasts until the last was taken or the reader has left. */
  execute(query: ExportCredits): Promise<SentTable> {
    const filtered = filteredCuts(query.filter);
    return handOver((send) =>
      this.models.stream(query.request, reportProjections(filtered), async (opened) => {
        const scope = await filteredScope(opened, query.scope, query.filter);
        const credits = await this.creditsOf(opened, scope, query.model);
        const lines = await started(creditPages(credits, scope, query.model.model));
        const context = contextOf(opened, scope, query.model);
        const body = await tableStream(query.format, creditTable(context), lines);
        send({ asOf: context.asOf, headers: headersOf(query.format, context, credits.totals), body });
        await isTaken(body);
      }),
    );
  }

  /** As stored, or computed for the request. */
  private async creditsOf(opened: View, scope: ReportScope, model: ModelRequest): Promise<CreditSource> {
    const stored = isStored(model) ? MODEL_NAMES.find((name) => name === model.model) : undefined;
    if (stored) return storedCredits(opened, scope, stored);
    const ledger = await withLedger(opened, { metric: scope.metric, models: [] });
    const view = await inReportCurrency(ledger, scope, []);
    const computed = await this.computer.shares(view, scope, model);
    return sharedCredits(view, scope, { rule: model, ...computed });
  }
}

const contextOf = (
  { asOf, modelVersion }: View,
  { currency, metric }: ReportScope,
  { model }: ModelRequest,
) => ({
  ...{ currency, metric, model, modelVersion },
  asOf: String(asOf),
});

/** As those of a report, whose `attributed` the rows add up to unless they are filtered. */
const headersOf = (
  format: TableFormat,
  { asOf, modelVersion, currency }: ReturnType<typeof contextOf>,
  { total, attributed, unattributed }: Totals,
): Readonly<Record<string, string>> => ({
  'content-type': MEDIA_TYPES[format],
  'touchline-as-of': asOf,
  'touchline-model-version': String(modelVersion),
  'touchline-total': money(total, currency).amount,
  'touchline-attributed': money(attributed, currency).amount,
  'touchline-unattributed': money(unattributed, currency).amount,
  'touchline-currency': currency,
});
