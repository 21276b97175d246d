import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { type BasisItem, MaybeBasis, MaybeRequest } from './attribution-basis.js';
import { ExplainedOpportunity, RuleItem } from './explain-items.js';
import { ExplainedReturns } from './explained-investments.js';
import { ExplainedPlayer } from './explained-player-items.js';
import { REPORT_MODELS } from './model-parameters.js';
import { MoneyItem } from './money.js';
import { MaybeFilter, OPTIONAL_CUTS } from './report-filters.js';
import { type Cut, CUTS, REPORT_METRICS, type ReportFilter } from './report-scope.js';
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
  @Enum('What is counted', REPORT_METRICS) metric!: string;
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
  @ApiPropertyOptional({
    type: String,
    isArray: true,
    enum: [...CUTS],
    description: 'Cuts of the report, where `by` or `keys` was given',
  })
  by?: Cut[];
  @MaybeFilter() filter?: ReportFilter;
  @Nested('The number to explain, as in the row of the report', () => MoneyItem) value!: MoneyItem;
  @ApiPropertyOptional({
    type: () => ExplainedReturns,
    description: 'Only of `roi` and `pipeline_per_dollar`: the other side of the ratio',
  })
  returns?: ExplainedReturns;
  @Integer('Number of opportunities') opportunities!: number;
  @Integer('Number of touches') touches!: number;
  @Nested('The rule that distributed the opportunities', () => RuleItem) rule!: RuleItem;
  @NestedList(
    'The opportunities, largest first; their values add up to the number',
    () => ExplainedOpportunity,
  )
  items!: ExplainedOpportunity[];
}
