import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { money } from '../domain/attribution/money.js';
import { type BasisItem, basisPart, MaybeBasis, MaybeRequest } from './attribution-basis.js';
import { CELL_PARAMETERS, cellOf, type ExplainedCell, partsOfCell } from './attribution-cell.js';
import { checkFilter, filteredCuts, OPTIONAL_CUTS, reportProjections } from './report-filters.js';
import { slice } from './attribution.js';
import { CreditComputer } from './computed-credits.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import { withCommittee } from './committee-paths.js';
import { ExplainedOpportunity, RuleItem } from './explain-items.js';
import {
  type CreditsOfPaths,
  explainedOpportunities,
  type PartOfOpportunity,
  ruleOf,
} from './explained-opportunities.js';
import { ExplainedPlayer } from './explained-player-items.js';
import { isStored, MODEL_PARAMETERS, modelRequestOf, REPORT_MODELS } from './model-parameters.js';
import { MoneyItem } from './money.js';
import { computedCredits, storedCredits } from './opportunity-credits.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { ReadModels, type View } from './read-models.js';
import { type Cut, DEFAULT_MODEL, METRICS, type ReportScope, resolveScope } from './report-scope.js';
import { SCOPE_PARAMETERS, scopeQueryOf, type ScopeQuery } from './report-scope.js';
import {
  Enum,
  Enums,
  Integer,
  MaybeInstant,
  Nested,
  NestedList,
  PageAnswer,
  Text,
} from './response-fields.js';

export class AttributionExplanation extends PageAnswer {
  @Enum('Attribution model', REPORT_MODELS) model!: string;
  @MaybeRequest() request?: ModelRequest;
  @MaybeBasis() basis?: BasisItem;
  @ApiPropertyOptional({
    type: () => [ExplainedPlayer],
    description:
      'Only of markov and shapley: the most valuable players of the touches behind the number, at most 20, with what their values follow from',
  })
  players?: ExplainedPlayer[];
  @Enum('What is counted', METRICS) metric!: string;
  @Text('Currency of the number') currency!: string;
  @MaybeInstant('Start, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'The row of the report to explain, by dimension; empty: the whole report',
  })
  cut!: Partial<Record<Cut, string>>;
  @Enums('Dimensions without a value in the row', OPTIONAL_CUTS) without!: Cut[];
  @Nested('The number to explain, as in the row of the report', () => MoneyItem) value!: MoneyItem;
  @Integer('Number of opportunities') opportunities!: number;
  @Integer('Number of touches') touches!: number;
  @Nested('The rule that distributed the opportunities', () => RuleItem) rule!: RuleItem;
  @NestedList(
    'The opportunities, largest first; their values add up to the number',
    () => ExplainedOpportunity,
  )
  items!: ExplainedOpportunity[];
}

export class ExplainAttribution extends Query<AttributionExplanation> {
  readonly model: ModelRequest;
  readonly scope: ScopeQuery;
  readonly cell: ExplainedCell;
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
    this.scope = scopeQueryOf(params);
    this.cell = cellOf(params);
    this.request = pageRequestOf(workspace, params, { name: 'explain', given, shapes: [/^\d{1,9}$/] });
  }
}

@QueryHandler(ExplainAttribution)
export class ExplainAttributionHandler implements IQueryHandler<ExplainAttribution> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(CreditComputer) private readonly computer: CreditComputer,
  ) {}

  execute(query: ExplainAttribution): Promise<AttributionExplanation> {
    const { model, cell, request } = query;
    return this.models.view(request, reportProjections(filteredCuts(cell)), async (opened) => {
      checkFilter(opened, cell);
      const scope = await resolveScope(opened, query.scope);
      const { view, parts, creditsOf, about } = await this.partsOf(opened, scope, query);
      const { page, next } = slice(request, view, parts);
      const paged = await withCommittee(view, scope, model, page.map((part) => part.opportunityId)); // prettier-ignore
      const { metric, currency, from, to } = scope;
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
        value: money(
          parts.reduce((sum, { value }) => sum + value, 0n),
          currency,
        ),
        opportunities: parts.length,
        touches: parts.reduce((sum, { touches }) => sum + touches.length, 0),
        rule: ruleOf(view, model),
        items: await explainedOpportunities(paged, scope, { parts: page, creditsOf }),
        next,
      };
    });
  }

  /** From the ledger, or computed for the request. */
  private async partsOf(
    opened: View,
    scope: ReportScope,
    { model, cell }: ExplainAttribution,
  ): Promise<Explained> {
    const { metric } = scope;
    if (!isStored(model)) {
      const view = await withLedger(opened, { metric, models: [] });
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
    const { opportunityId } = cell;
    const view = await withLedger(opened, { metric, models: [name], ...(opportunityId !== undefined && { opportunityIds: [opportunityId] }) }); // prettier-ignore
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
