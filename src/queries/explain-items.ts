import { ApiProperty } from '@nestjs/swagger';
import { COMMITTEES } from '../domain/attribution/committee-rule.js';
import { MILESTONES } from '../domain/attribution/touches.js';
import { CHANNELS, TOUCHPOINT_KINDS } from '../domain/touchpoint.js';
import { REPORT_MODELS } from './model-parameters.js';
import {
  Instant,
  LogPosition,
  MaybeText,
  MaybeUuid,
  MaybeNested,
  Nested,
  NestedList,
  Decimal,
  Text,
  Texts,
  Uuid,
  Integer,
  Enum,
  Enums,
} from './response-fields.js';
import { RateItem } from './conversions.js';
import { LinkItem } from './identity-links.js';
import { MoneyItem } from './money.js';
import { ContactItem } from './opportunity.js';
import { OpportunityItem } from './opportunity-rows.js';

/** The rule behind a number: an attribution model with the settings of the journey model's version. */
export class RuleItem {
  @Enum('Attribution model', REPORT_MODELS) model!: string;
  @Integer('Version of the journey model with these settings; 0: the defaults, none is published')
  modelVersion!: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Settings that apply: lookback, exclusions, shares or half-life',
  })
  settings!: Record<string, unknown>;
}

/** A part of a touch's weight and what for. */
export class WhyItem {
  @Text('Milestone or rule of the share') why!: string;
  @Decimal('0 to 1; the shares add up to the weight') share!: number;
  @Integer('So many touches of the opportunity share this part evenly') sharedBy!: number;
}

/** One touchpoint that earned a part of the number. */
export class ExplainedTouch {
  @Uuid('The touchpoint') eventId!: string;
  @LogPosition('Position of its event') position!: string;
  @Uuid('The person') leadId!: string;
  @Enum('Kind of touchpoint', TOUCHPOINT_KINDS) kind!: string;
  @Enum('Channel', CHANNELS) channel!: string;
  @MaybeText('Source') source!: string | null;
  @MaybeText('Campaign') campaign!: string | null;
  @MaybeText('Content') content!: string | null;
  @MaybeText('Its title') title!: string | null;
  @Instant('When it happened') occurredAt!: Date;
  @Instant('When it was recorded') recordedAt!: Date;
  @Texts('Keys in the event') identity!: string[];
  @MaybeUuid('The event whose claim assigned it to the person; null: its own keys did') linkedBy!:
    string | null;
  @Enums('Milestones of the touch', MILESTONES) milestones!: string[];
  @Decimal('Its share of the opportunity, 0 to 1') weight!: number;
  @NestedList('Parts of the weight', () => WhyItem) why!: WhyItem[];
  @Nested("Credit in the opportunity's currency", () => MoneyItem) amount!: MoneyItem;
  @Nested('Credit in the currency of the report', () => MoneyItem) value!: MoneyItem;
}

/** A person whose touchpoints earned something, with what makes them one person. */
export class ExplainedPerson {
  @Uuid('The lead') leadId!: string;
  @MaybeText('Name') name!: string | null;
  @MaybeText('E-mail address') email!: string | null;
  @Texts('Keys of the person, and keys in the touchpoints above') keys!: string[];
  @NestedList('Links between these keys, each with the event that created it', () => LinkItem)
  links!: LinkItem[];
}

/** An opportunity with the part of the number that comes from it. */
export class ExplainedOpportunity extends OpportunityItem {
  @Uuid('The event that last changed the opportunity') eventId!: string;
  @Instant('Reference date: opened for pipeline, closed for revenue') creditedAt!: Date;
  @Nested('The part of the number from this opportunity', () => MoneyItem) value!: MoneyItem;
  @Nested(
    'Amount in the currency of the report: converted once, then distributed over all touches',
    () => MoneyItem,
  )
  converted!: MoneyItem;
  @MaybeNested(
    'Rate of its own currency at the reference day, by which the amount was multiplied; null: it is that of the journey model, or of the report',
    () => RateItem,
  )
  rate!: RateItem | null;
  @MaybeNested(
    'Rate of the currency of the report at the reference day, by which it was divided; null likewise',
    () => RateItem,
  )
  divisor!: RateItem | null;
  @Enum(
    "Whose touchpoints counted: of the opportunity's contacts, of its primary contacts, or of all leads of the account",
    COMMITTEES,
  )
  committee!: string;
  @NestedList('The committee', () => ContactItem) contacts!: ContactItem[];
  @NestedList('The touchpoints behind the number, oldest first', () => ExplainedTouch)
  touches!: ExplainedTouch[];
  @NestedList('The people behind them', () => ExplainedPerson) people!: ExplainedPerson[];
}
