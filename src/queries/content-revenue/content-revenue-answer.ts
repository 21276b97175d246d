import { EstimateItem, ShareItem } from '../estimates.js';
import { MoneyItem } from '../money.js';
import { STATUSES } from '../opportunity-rows.js';
import { METRICS, MODEL_NAMES } from '../report-scope.js';
import {
  Answer,
  Decimal,
  Enum,
  Instant,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  Nested,
  NestedList,
  Text,
  Texts,
} from '../response-fields.js';

export class ContentCreditItem {
  @Enum('Attribution model', MODEL_NAMES) model!: string;
  @Nested('Credit of the content', () => MoneyItem) value!: MoneyItem;
  @Decimal('Share of what is attributed in all, 0 to 1, six decimals') share!: number;
  @Integer('Opportunities that give it credit') opportunities!: number;
  @Integer('Touches with credit') touches!: number;
}

export class ContentOpportunitiesItem {
  @Integer('Opportunities of the metric and period with a touch of the content') touched!: number;
  @Nested('Their whole amounts, whoever else has a share in them', () => MoneyItem) amount!: MoneyItem;
  @Integer('All opportunities of the metric and period') all!: number;
  @Nested('Amount of all', () => MoneyItem) total!: MoneyItem;
}

export class TouchedOpportunityItem {
  @Text('Id') opportunityId!: string;
  @MaybeText('Name') name!: string | null;
  @Enum('Status', STATUSES) status!: string;
  @Nested('Amount', () => MoneyItem) amount!: MoneyItem;
  @Integer('Touches of the content') touches!: number;
  @Instant('The first of them') firstTouchAt!: Date;
}

export class ContentStageItem {
  @MaybeText('Buying stage of the person after the touch; null: none yet') key!: string | null;
  @Text('Its name') label!: string;
  @Integer('Touches') touches!: number;
  @Integer('Leads') leads!: number;
}

export class NeighbourItem {
  @MaybeText('The content; null: the journey began or ends here') key!: string | null;
  @Text('Its title, else the key') label!: string;
  @Integer('How often') times!: number;
  @Integer('Leads') leads!: number;
}

export class AdvancementItem {
  @Integer('Days in which a lead had to advance') withinDays!: number;
  @Integer('Leads that touched it') leads!: number;
  @Integer('How often one did in a stage and month in which others of its persona did not') compared!: number;
  @MaybeDecimal('Share of `compared` that moved to a later stage in time; null: none is compared')
  advancedWith!: number | null;
  @MaybeDecimal('The same of leads without it, of the same persona, stage and month') advancedWithout!:
    number | null;
  @MaybeDecimal('advancedWith / advancedWithout; null: nobody advanced without it') lift!: number | null;
}

export class CloseItem {
  @Integer('Opportunities won') won!: number;
  @Integer('Opportunities lost') lost!: number;
  @Nested('won / (won + lost)', () => ShareItem) winRate!: ShareItem;
  @MaybeDecimal('Days from the opening to the close of those won: a quarter took less; null: none was won')
  daysP25!: number | null;
  @MaybeDecimal('Median') daysMedian!: number | null;
  @MaybeDecimal('A quarter took more') daysP75!: number | null;
}

export class OutcomesItem {
  @Nested('Opportunities with a touch of it before the opening', () => CloseItem) with!: CloseItem;
  @Nested('Those with touches of other contents only', () => CloseItem) without!: CloseItem;
  @MaybeNested(
    'Win rate with / without it, with its log interval (Katz); null: a group is empty, or nothing was won without it',
    () => EstimateItem,
  )
  ratio!: EstimateItem | null;
  @MaybeNested(
    'Win rate with − without it, with its interval (Newcombe); null: a group is empty',
    () => EstimateItem,
  )
  difference!: EstimateItem | null;
}

export class ContentRevenueAnswer extends Answer {
  @Text('Id of the content') contentId!: string;
  @MaybeText('Title by the catalogue or the journey model') title!: string | null;
  @Enum('Of which opportunities credits are', METRICS) metric!: string;
  @Text('Currency of all amounts: that of the journey model') currency!: string;
  @MaybeInstant('Start, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @Integer('Touches of buyers in the period') touches!: number;
  @Integer('Leads that touched it in the period') leads!: number;
  @NestedList('Credit by model', () => ContentCreditItem) credit!: ContentCreditItem[];
  @Nested('Opportunities with it', () => ContentOpportunitiesItem) opportunities!: ContentOpportunitiesItem;
  @NestedList('The largest of them', () => TouchedOpportunityItem) largest!: TouchedOpportunityItem[];
  @NestedList('Where buyers were when they touched it, most touches first', () => ContentStageItem)
  stages!: ContentStageItem[];
  @NestedList('The other content that its readers had before it, most frequent first', () => NeighbourItem)
  before!: NeighbourItem[];
  @NestedList('The other content that they had after it', () => NeighbourItem) after!: NeighbourItem[];
  @Nested('Whether leads advance more often with it, as content-influence counts', () => AdvancementItem)
  advancement!: AdvancementItem;
  @Nested('Opportunities closed in the period, with and without it', () => OutcomesItem)
  outcomes!: OutcomesItem;
  @Texts('What to mind about these numbers') cautions!: string[];
}
