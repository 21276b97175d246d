import { ApiProperty } from '@nestjs/swagger';
import { MILESTONES } from '../domain/attribution/touches.js';
import { CHANNELS, TOUCHPOINT_KINDS } from '../domain/touchpoint.js';
import { MODEL_NAMES } from './report-scope.js';
import { Instant, LogPosition, MaybePart, MaybeText, MaybeUuid, Part, Parts, Real, Text } from './fields.js';
import { Texts, Uuid, Whole, Word, Words } from './fields.js';
import { LinkItem } from './identity-links.js';
import { MoneyItem } from './money.js';
import { ContactItem } from './opportunity.js';
import { OpportunityItem } from './opportunity-rows.js';

/** The rule behind a number: an attribution model with the settings of the journey model's version. */
export class RuleItem {
  @Word('Attribution model', MODEL_NAMES) model!: string;
  @Whole('Version of the journey model with these settings; 0: none, the defaults') modelVersion!: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Settings that bear on it: lookback, what is no touch, its shares or half-life',
  })
  settings!: Record<string, unknown>;
}

/** A part of a touch's weight and what for. */
export class WhyItem {
  @Text('Milestone or rule that gives it') why!: string;
  @Real('0 to 1; the parts add up to the weight') share!: number;
}

/** One touchpoint that earned a part of the number. */
export class ExplainedTouch {
  @Uuid('The touchpoint') eventId!: string;
  @LogPosition('Position of its event') position!: string;
  @Uuid('The person') leadId!: string;
  @Word('What was done', TOUCHPOINT_KINDS) kind!: string;
  @Word('How it came', CHANNELS) channel!: string;
  @MaybeText('Source') source!: string | null;
  @MaybeText('Campaign') campaign!: string | null;
  @MaybeText('Content') content!: string | null;
  @MaybeText('Its title') title!: string | null;
  @Instant('When it happened') occurredAt!: Date;
  @Instant('When it was recorded') recordedAt!: Date;
  @Texts('Keys that it carried') identity!: string[];
  @MaybeUuid('The event whose claim gave it to the person; null: its own keys did') linkedBy!: string | null;
  @Words('Milestones it is', MILESTONES) milestones!: string[];
  @Real('Its part of the opportunity, 0 to 1') weight!: number;
  @Parts('Where the weight comes from', () => WhyItem) why!: WhyItem[];
  @Part("Credit in the opportunity's currency", () => MoneyItem) amount!: MoneyItem;
  @Part('Credit in the currency of the report', () => MoneyItem) value!: MoneyItem;
}

/** A person whose touchpoints earned something, with what makes them one person. */
export class ExplainedPerson {
  @Uuid('The lead') leadId!: string;
  @MaybeText('Name') name!: string | null;
  @MaybeText('E-mail address') email!: string | null;
  @Texts('Keys that mean it, and those its touchpoints here carried') keys!: string[];
  @Parts('Links between these keys, each with the event that made it', () => LinkItem) links!: LinkItem[];
}

/** The published rate that an opportunity was converted at. */
export class RateItem {
  @Text('From this currency') currency!: string;
  @Text('In force from this day of the workspace') date!: string;
  @Real('Units of the report currency for one unit') rate!: number;
}

/** An opportunity with the part of the number that comes from it. */
export class ExplainedOpportunity extends OpportunityItem {
  @Uuid('The event that last changed the opportunity') eventId!: string;
  @Instant('Reference date: opened for pipeline, closed for revenue') creditedAt!: Date;
  @Part('The part of the number that comes from this opportunity', () => MoneyItem) value!: MoneyItem;
  @MaybePart('Rate of the reference day; null: the same currency', () => RateItem) rate!: RateItem | null;
  @Word("Whose touchpoints were asked: the opportunity's contacts, or without any all leads of the account", [
    'contacts',
    'account',
  ])
  committee!: string;
  @Parts('The committee', () => ContactItem) contacts!: ContactItem[];
  @Parts('The touchpoints behind the number, as they happened', () => ExplainedTouch)
  touches!: ExplainedTouch[];
  @Parts('The people behind them', () => ExplainedPerson) people!: ExplainedPerson[];
}
