import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { type BasisItem, MaybeBasis, MaybeRequest } from './attribution-basis.js';
import { MaybeInvested, MaybeRatio, RATIO, ReturnsItem } from './attribution-returns.js';
import { ScopeAnswer } from './attribution.js';
import { COMPARED_MODELS } from './model-parameters.js';
import { MoneyItem } from './money.js';
import { MaybeFilter } from './report-filters.js';
import { ReportCell } from './report-cell.js';
import { type Cut, CUTS, REPORT_METRICS, type ReportFilter } from './report-scope.js';
import { Decimal, Enum, Enums, Integer, Nested, NestedList } from './response-fields.js';

/** What one model gives to a row. */
export class ModelCredit {
  @Nested('Credit', () => MoneyItem) value!: MoneyItem;
  @Nested('Credit minus that of the baseline', () => MoneyItem) difference!: MoneyItem;
  @Decimal('Share of the amount that the model attributes, 0 to 1, six decimals') share!: number;
  @Integer('Number of opportunities with credit in the row') opportunities!: number;
  @Integer('Touches with credit') touches!: number;
  @MaybeRatio(RATIO) ratio?: number | null;
  @MaybeRatio('`ratio` minus that of the baseline') ratioDifference?: number | null;
}

/** Sums of one model over all rows. */
export class ModelSums {
  @Enum('Attribution model', COMPARED_MODELS) model!: string;
  @MaybeRequest() request?: ModelRequest;
  @MaybeBasis() basis?: BasisItem;
  @Nested('What it attributes', () => MoneyItem) attributed!: MoneyItem;
  @Nested(
    'Credit of the touches that the filter lets through: the sum of its values in all rows',
    () => MoneyItem,
  )
  selected!: MoneyItem;
  @Nested('The rest of the total', () => MoneyItem) unattributed!: MoneyItem;
  @Integer('Number of opportunities that it attributes nothing of') unattributedOpportunities!: number;
  @Nested('`attributed` minus that of the baseline', () => MoneyItem) difference!: MoneyItem;
  @MaybeRatio('Of `selected` and of what was invested in all rows') ratio?: number | null;
  @MaybeRatio('`ratio` minus that of the baseline') ratioDifference?: number | null;
}

@ApiExtraModels(ModelCredit)
export class CompareItem extends ReportCell {
  @MaybeInvested() invested?: MoneyItem | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(ModelCredit) },
    description: 'By model; 0 if a model gives no credit',
  })
  values!: Record<string, ModelCredit>;
}

/** `attributed`, `unattributed` and `unattributedOpportunities` are those of the baseline. */
export class CompareAnswer extends ScopeAnswer {
  @Enum('What is counted', REPORT_METRICS) metric!: string;
  @Enums('Compared models', COMPARED_MODELS) models!: string[];
  @Enum('The model that the others are compared with; sums of the answer are its own', COMPARED_MODELS)
  baseline!: string;
  @Enums('Cuts', CUTS) by!: Cut[];
  @MaybeFilter() filter?: ReportFilter;
  @ApiPropertyOptional({
    type: () => ReturnsItem,
    description:
      'Only of `roi` and `pipeline_per_dollar`: what was invested in the days of the period; `ratio` is that of the baseline',
  })
  returns?: ReturnsItem;
  @NestedList('Each model', () => ModelSums) sums!: ModelSums[];
  @NestedList(
    'Highest value under the baseline first; by time if the first dimension is the month',
    () => CompareItem,
  )
  rows!: CompareItem[];
}
