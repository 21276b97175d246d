import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { MILESTONES } from '../domain/attribution/touches.js';
import { type BasisItem, MaybeBasis, MaybeRequest } from './attribution-basis.js';
import { RateItem } from './conversions.js';
import { COMPARED_MODELS } from './model-parameters.js';
import { MoneyItem } from './money.js';
import { STATUSES } from './opportunity-rows.js';
import { METRICS } from './report-scope.js';
import {
  Answer,
  Bool,
  Decimal,
  Enum,
  Enums,
  Instant,
  Integer,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  Nested,
  NestedList,
  Text,
  Texts,
  Uuid,
} from './response-fields.js';

/** What one model gives to one touch. */
export class TouchCredit {
  @Decimal('0 to 1; the weights of a model add up to 1') weight!: number;
  @Nested("In the opportunity's currency", () => MoneyItem) amount!: MoneyItem;
  @MaybeNested('In the currency asked for; null: no rate is published', () => MoneyItem)
  value!: MoneyItem | null;
}

@ApiExtraModels(TouchCredit)
export class TouchItem {
  @Integer('1 is the first') touch!: number;
  @Uuid('The touchpoint') eventId!: string;
  @Uuid('The lead of the touchpoint') leadId!: string;
  @Instant('When it happened') occurredAt!: Date;
  @Enums('Milestones of the touch', MILESTONES) milestones!: string[];
  @MaybeText('Content') content!: string | null;
  @MaybeText('Its title') title!: string | null;
  @Text('Channel') channel!: string;
  @MaybeText('Campaign') campaign!: string | null;
  @MaybeText('Source') source!: string | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(TouchCredit) },
    description: 'Credit by model, without models that give no credit',
  })
  credits!: Record<string, TouchCredit>;
}

/** A person of the committee with what their touches get together. */
export class OpportunityPerson {
  @Uuid('The lead') leadId!: string;
  @Texts('Roles of the contact; none: of the account, without a role') roles!: string[];
  @Bool('Whether it is the primary contact, by the CRM or by the role `primary`') isPrimary!: boolean;
  @Decimal('What touches of the person weigh by `roleWeights`; 1 where they are not given')
  roleWeight!: number;
  @Integer('Number of touches') touches!: number;
  @MaybeInstant('First touch; null: none') firstTouchAt!: Date | null;
  @MaybeInstant('Last touch; null: none') lastTouchAt!: Date | null;
  @Enums('Milestones of the touches', MILESTONES) milestones!: string[];
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(TouchCredit) },
    description:
      'Credit by model, without models that give none; those of all people add up to what the model attributes',
  })
  credits!: Record<string, TouchCredit>;
}

/** Totals of one model: they add up to the amount of the opportunity. */
export class ModelTotal {
  @Enum('Attribution model', COMPARED_MODELS) model!: string;
  @MaybeRequest() request?: ModelRequest;
  @MaybeBasis() basis?: BasisItem;
  @Nested('Amount attributed to touches', () => MoneyItem) attributed!: MoneyItem;
  @Nested(
    'The whole amount if the opportunity has no touch that counts; what custom weights leave; else 0',
    () => MoneyItem,
  )
  unattributed!: MoneyItem;
}

export class OpportunityAttributionAnswer extends Answer {
  @Text('Id in the CRM') opportunityId!: string;
  @MaybeText('Name') name!: string | null;
  @MaybeText('The company') accountId!: string | null;
  @Enum('Open, won or lost', STATUSES) status!: string;
  @Enum('Default: revenue of a won opportunity, pipeline of others', METRICS)
  metric!: string;
  @Nested('What is attributed; revenue of an opportunity that is not won is 0', () => MoneyItem)
  amount!: MoneyItem;
  @Text('Currency of values: that of the journey model, or the one asked for') currency!: string;
  @MaybeNested('The same in this currency; null: no rate is published', () => MoneyItem)
  value!: MoneyItem | null;
  @MaybeNested(
    'Rate of its own currency at the reference date, by which `amount` was multiplied; null: none was needed, or none is published',
    () => RateItem,
  )
  rate!: RateItem | null;
  @MaybeNested('Rate of the currency asked for, by which it was divided; null likewise', () => RateItem)
  divisor!: RateItem | null;
  @MaybeInstant('Reference date: opened for pipeline, closed for revenue') creditedAt!: Date | null;
  @MaybeText(
    'Whose touchpoints counted: `contacts`, `primary` contacts, or all leads of the `account`; null: the opportunity does not count by the metric',
  )
  committee!: string | null;
  @NestedList('The models', () => ModelTotal) models!: ModelTotal[];
  @NestedList('The people, by their first touch, then contacts without any', () => OpportunityPerson)
  people!: OpportunityPerson[];
  @NestedList('Touches, oldest first', () => TouchItem) touches!: TouchItem[];
}
