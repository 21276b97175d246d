import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { money } from '../domain/attribution/money.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import {
  type Cut,
  CUTS,
  cutsOf,
  isByTime,
  type ReportScope,
  SCOPE_PARAMETERS,
  scopeQueryOf,
  type ScopeQuery,
} from './report-scope.js';
import { cellName, cellNames } from './cell-names.js';
import { MODEL_NAMES, type ModelName, resolveScope } from './report-scope.js';
import { type CreditRow, creditRows, totalsOf } from './attribution-rows.js';
import { ScopeAnswer, scopePart, shareOf, slice, withoutOf } from './attribution.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import {
  MaybeText,
  MaybeTexts,
  Nested,
  NestedList,
  Decimal,
  Text,
  Integer,
  Enums,
} from './response-fields.js';
import { MoneyItem } from './money.js';
import { Params, type RawParams } from './params.js';
import { reportProjections } from './report-filters.js';
import { ReadModels } from './read-models.js';

/** What one model gives to a row. */
export class ModelCredit {
  @Nested('Credit', () => MoneyItem) value!: MoneyItem;
  @Nested('Credit minus that of the first model in `models`', () => MoneyItem) difference!: MoneyItem;
  @Decimal('Share of the attributed amount, 0 to 1, six decimals') share!: number;
  @Integer('Number of opportunities with credit in the row') opportunities!: number;
  @Integer('Touches with credit') touches!: number;
}

@ApiExtraModels(ModelCredit)
export class CompareItem {
  @MaybeText(
    'Value of the dimension in `by`; null: the touches have none. With several dimensions, `keys` as a JSON array',
  )
  key!: string | null;
  @MaybeTexts('The value of each dimension, in the order of `by`; null: the touches have none') keys!: (
    string | null
  )[];
  @Enums('Dimensions without a value; pass them to `explain` as `without`', CUTS)
  without!: Cut[];
  @Text('Label for display: the title of a content, the name of a campaign, else the key, or "(none)"')
  label!: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(ModelCredit) },
    description: 'By model; 0 if a model gives no credit',
  })
  values!: Record<string, ModelCredit>;
}

export class CompareAnswer extends ScopeAnswer {
  @Enums('Compared models', MODEL_NAMES) models!: ModelName[];
  @Enums('Cuts', CUTS) by!: Cut[];
  @NestedList(
    'Highest value under the first model first; by time if the first dimension is the month',
    () => CompareItem,
  )
  rows!: CompareItem[];
}

export class CompareAttribution extends Query<CompareAnswer> {
  readonly modelNames: readonly ModelName[];
  readonly by: readonly Cut[];
  readonly scope: ScopeQuery;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['models', 'by', ...SCOPE_PARAMETERS, ...PAGE_PARAMETERS]);
    this.modelNames = params.someOf('models', MODEL_NAMES, 'model') ?? MODEL_NAMES;
    this.by = cutsOf(params);
    this.scope = scopeQueryOf(params);
    this.request = pageRequestOf(workspace, params, { name: 'compare', given, shapes: [/^\d{1,9}$/] });
  }
}

/** One cell under all models. */
interface Compared {
  readonly row: CreditRow;
  readonly credits: Map<ModelName, CreditRow>;
}

@QueryHandler(CompareAttribution)
export class CompareAttributionHandler implements IQueryHandler<CompareAttribution> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute(query: CompareAttribution): Promise<CompareAnswer> {
    const { modelNames, by, request } = query;
    return this.models.view(request, reportProjections(by), async (opened) => {
      const scope = await resolveScope(opened, query.scope);
      const view = await withLedger(opened, { metric: scope.metric, models: modelNames });
      const totals = await totalsOf(view, scope);
      const { page, next } = slice(request, view, await compared(view, scope, { modelNames, by }));
      const names = await cellNames(
        view,
        by,
        page.map(({ row }) => row),
      );
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        models: [...modelNames],
        by: [...by],
        ...(await scopePart(view, scope, totals)),
        rows: page.map(({ row, credits }) => ({
          ...cellName(row, by, names),
          without: withoutOf(row, by),
          values: Object.fromEntries(
            modelNames.map((name) => [
              name,
              modelCredit(credits.get(name), {
                ...{ currency: scope.currency, attributed: totals.attributed },
                baseline: valueOf(credits.get(modelNames[0] ?? name)),
              }),
            ]),
          ),
        })),
        next,
      };
    });
  }
}

/** Cells in the order of the first model's report, then those it does not have in the order of the next ones'. */
async function compared(
  view: CreditView,
  scope: ReportScope,
  { modelNames, by }: { modelNames: readonly ModelName[]; by: readonly Cut[] },
): Promise<Compared[]> {
  const cells = new Map<string, Compared>();
  for (const model of modelNames) {
    for (const row of await creditRows(view, scope, { model, by })) {
      const name = JSON.stringify(row.keys);
      const cell = cells.get(name) ?? { row, credits: new Map<ModelName, CreditRow>() };
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
