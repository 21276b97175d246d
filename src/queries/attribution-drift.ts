import { Query } from '@nestjs/cqrs';
import { ApiExtraModels, ApiProperty, getSchemaPath, IntersectionType } from '@nestjs/swagger';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { DRIFT_CAUSES } from '../domain/attribution/drift.js';
import { MoneyItem } from './money.js';
import { MaybeRequest } from './attribution-basis.js';
import { MODEL_PARAMETERS, modelRequestOf, REPORT_MODELS } from './model-parameters.js';
import { type PageRequest, pageRequestOf } from './page-request.js';
import { ReportCell } from './report-cell.js';
import { type DayOrInstant, Params, type RawParams } from './params.js';
import { type Cut, CUTS, cutsOf, METRICS, type ScopeQuery } from './report-scope.js';
import {
  Enum,
  Enums,
  Instant,
  Integer,
  LogPosition,
  MaybeInstant,
  MaybeText,
  MaybeUuid,
  Nested,
  NestedList,
  PageAnswer,
  Text,
} from './response-fields.js';

/** One of the two reports. */
export class ReportEnd {
  @LogPosition('Position of the report') asOf!: string;
  @Instant('When its event was recorded') recordedAt!: Date;
  @Integer('Version of the journey model; 0: none was published') modelVersion!: number;
}

const ByCause = (): PropertyDecorator =>
  ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(MoneyItem) },
    description: 'The difference by cause; a cause that is not named added up to 0',
  });

/** A number of both reports. */
@ApiExtraModels(MoneyItem)
export class DriftValue {
  @Nested('In the report at `from`', () => MoneyItem) from!: MoneyItem;
  @Nested('In the report at `to`', () => MoneyItem) to!: MoneyItem;
  @Nested('`to` minus `from`: the sum of `causes`', () => MoneyItem) difference!: MoneyItem;
  @ByCause() causes!: Record<string, MoneyItem>;
}

/** A row of the reports that changed. */
export class DriftItem extends IntersectionType(ReportCell, DriftValue) {}

/** What an event did to an opportunity's part of the report. */
export class DriftEvent {
  @LogPosition('Position of the event') position!: string;
  @MaybeUuid(
    'The event; null: an event of before was applied at this position, somebody entered or left a segment with time, or it is no longer in the log',
  )
  eventId!: string | null;
  @MaybeText('Its type') type!: string | null;
  @Text('The opportunity') opportunityId!: string;
  @Integer(
    '1; more: so many events up to this one, of an opportunity that has too many to compare one by one',
  )
  events!: number;
  @Nested('What it added to the total', () => MoneyItem) difference!: MoneyItem;
  @Nested('What it added to rows and to what is unattributed, plus what it took away', () => MoneyItem)
  moved!: MoneyItem;
}

export class DriftGroupItem {
  @Enum('What the events have in common', DRIFT_CAUSES) cause!: string;
  @Nested('What they added to the total', () => MoneyItem) difference!: MoneyItem;
  @Integer('Number of events, each counted once for each opportunity that it changed') events!: number;
  @Integer('Number of opportunities that they changed') opportunities!: number;
  @NestedList('The events that moved most', () => DriftEvent) items!: DriftEvent[];
}

export class DriftAnswer extends PageAnswer {
  @Nested('The earlier report', () => ReportEnd) from!: ReportEnd;
  @Nested('The later report', () => ReportEnd) to!: ReportEnd;
  @Enum('Attribution model', REPORT_MODELS) model!: string;
  @MaybeRequest() request?: ModelRequest;
  @Enums('Cuts', CUTS) by!: Cut[];
  @Enum('What is counted', METRICS) metric!: string;
  @Text('Currency of all sums') currency!: string;
  @MaybeInstant('Start of the period, inclusive, of the later report') periodFrom!: Date | null;
  @MaybeInstant('End of the period, exclusive') periodTo!: Date | null;
  @Nested('Amount of all opportunities', () => DriftValue) total!: DriftValue;
  @Nested('Amount of opportunities with touches', () => DriftValue) attributed!: DriftValue;
  @Nested('Amount of opportunities without touches', () => DriftValue) unattributed!: DriftValue;
  @Integer('Number of opportunities whose credits differ between the reports') changedOpportunities!: number;
  @NestedList('Causes that changed a row, with the events behind them', () => DriftGroupItem)
  causes!: DriftGroupItem[];
  @NestedList('Rows that a cause changed, the largest difference first', () => DriftItem) rows!: DriftItem[];
}

/** Parameters of the two reports that are compared. */
const PARAMETERS = [
  'from',
  'to',
  ...MODEL_PARAMETERS,
  'by',
  'metric',
  'periodFrom',
  'periodTo',
  'currency',
  'perCause',
] as const;

const DEFAULT_PER_CAUSE = 10;

export class FindDrift extends Query<DriftAnswer> {
  readonly from: bigint | DayOrInstant;
  /** Undefined: the position of the read models. */
  readonly to: bigint | DayOrInstant | undefined;
  readonly model: ModelRequest;
  readonly by: readonly Cut[];
  readonly scope: ScopeQuery;
  readonly perCause: number;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, [...PARAMETERS, 'minPosition', 'cursor', 'limit']);
    this.from = params.positionOrDate('from') ?? 0n;
    if (given['from'] === undefined) params.fault('from-missing', 'from', 'must be given: the position or date of the earlier report'); // prettier-ignore
    this.to = params.positionOrDate('to');
    this.model = modelRequestOf(params, given);
    this.by = cutsOf(params);
    this.scope = {
      metric: params.oneOf('metric', METRICS) ?? 'revenue',
      from: params.dayOrInstant('periodFrom'),
      to: params.dayOrInstant('periodTo'),
      currency: params.text('currency'),
    };
    this.perCause = params.integer('perCause', 0, 100) ?? DEFAULT_PER_CAUSE;
    this.request = pageRequestOf(workspace, params, { name: 'drift', given, shapes: [/^\d{1,9}$/] });
  }
}
