import { ApiProperty } from '@nestjs/swagger';
import { PLAN_STEPS, type PlanStep } from '../../domain/planning/plan.js';
import { MoneyItem } from '../money.js';
import {
  Answer,
  Bool,
  Decimal,
  Enum,
  Instant,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeInteger,
  MaybeNested,
  MaybeText,
  Nested,
  NestedList,
  Text,
  Texts,
} from '../response-fields.js';
import { WinRateItem } from '../metrics/score-calibration-answer.js';
import { DaysToWin } from '../metrics/velocity.js';

export const PLAN_STATUSES = ['met', 'covered', 'short', 'past', 'unknown'] as const;

export class MoneyRange {
  @Nested('What is expected', () => MoneyItem) value!: MoneyItem;
  @Nested('Lower end of the 95 % interval', () => MoneyItem) low!: MoneyItem;
  @Nested('Upper end', () => MoneyItem) high!: MoneyItem;
}

export class NeededRange {
  @Integer('What is expected, rounded up') value!: number;
  @Integer('Lower end of the 95 % interval') low!: number;
  @MaybeInteger('Upper end; null: more than 10^9, too little is known') high!: number | null;
}

export class ConversionItem extends WinRateItem {
  @Integer('Leads that reached the step long enough ago; of opportunities, those that were closed')
  trials!: number;
  @Integer('Of these, those that reached the next step; of opportunities, those that were won')
  conversions!: number;
  @MaybeDecimal(
    'Days after which a lead counts: nine of ten that moved on had done so by then; null: none moved on, or opportunities',
  )
  matureDays!: number | null;
}

export class PlanStepItem {
  @Enum('The step', PLAN_STEPS) step!: PlanStep;
  @Integer('Leads that took it in the history; of opportunities, opened and won') taken!: number;
  @Integer('Leads that reached it then: they took it or a later one') reached!: number;
  @MaybeNested('Conversion to the next step, with Wilson interval; null: won', () => ConversionItem)
  conversion!: ConversionItem | null;
  @MaybeNested('Days to the next step; null: none moved on', () => DaysToWin) days!: DaysToWin | null;
  @MaybeNested('Days to the win; null: none was won', () => DaysToWin) daysToWin!: DaysToWin | null;
  @MaybeDecimal('Share of those at the step that are won at last; null: nothing is known') winShare!:
    number | null;
  @MaybeDecimal(
    'Share of those wins that come by the date if the step is reached now; null: nothing is known',
  )
  timely!: number | null;
  @MaybeInstant(
    'Three of four that are won at last are won by the date if they reach the step by then; null: nothing is known',
  )
  reachBy!: Date | null;
  @Integer('Leads that stand at the step now; opportunities that are open') inPipe!: number;
  @Nested('Revenue that is expected of them by the date', () => MoneyItem) expectedRevenue!: MoneyItem;
  @Decimal('Sales that are expected of them by the date, two decimals') expectedSales!: number;
  @MaybeNested(
    'How many must reach it for all that remains of the goal; null: nobody knows, see `cautions`',
    () => NeededRange,
  )
  needed!: NeededRange | null;
  @MaybeNested('How many more must reach it now to close the gap; null: as `needed`', () => NeededRange)
  missing!: NeededRange | null;
  @Bool('Fewer than 10 moved on: the interval says more than the number') smallSample!: boolean;
}

export class PlanTotalStep {
  @Enum('The step', PLAN_STEPS) step!: PlanStep;
  @Integer('Of all personas') inPipe!: number;
  @MaybeNested('Of all personas of which it is known; null: of none', () => NeededRange)
  needed!: NeededRange | null;
  @MaybeNested('Of all personas of which it is known; null: of none', () => NeededRange)
  missing!: NeededRange | null;
  @Bool('Whether it is known of every persona that has a part of the goal') isComplete!: boolean;
}

export class RevenuePerSale extends MoneyRange {
  @Integer('Sales it is the average of') sales!: number;
}

export class PersonaPlanItem {
  @MaybeText('Persona; null: none') persona!: string | null;
  @Text('Its name, or "(none)"') label!: string;
  @Decimal('Share of the goal, six decimals') share!: number;
  @Nested('Its part of the goal', () => MoneyItem) goal!: MoneyItem;
  @Nested('Won since `from`', () => MoneyItem) booked!: MoneyItem;
  @Nested('goal − booked, at least 0', () => MoneyItem) remaining!: MoneyItem;
  @Nested('Revenue that the pipe is expected to bring by the date', () => MoneyRange) expected!: MoneyRange;
  @Nested('remaining − expected, at least 0', () => MoneyRange) gap!: MoneyRange;
  @MaybeNested('Revenue per sale in the history; null: none was won', () => RevenuePerSale)
  revenuePerSale!: RevenuePerSale | null;
  @NestedList('All steps, in order', () => PlanStepItem) steps!: PlanStepItem[];
  @Texts('What to mind, in plain words') cautions!: string[];
}

export class CapacityItem {
  @Integer('Recipients of leads in the journey model') recipients!: number;
  @MaybeInteger('Leads they may have open at a time; null: one of them has no limit, or there are none')
  capacity!: number | null;
  @Integer('Leads that are open now') openLeads!: number;
  @MaybeInteger('Leads that find a place now; null: no limit') free!: number | null;
  @Integer('Hand-offs that ended in the history') ended!: number;
  @MaybeDecimal('Days that hand-offs were open on average, of those that ended in the history; null: none')
  meanDays!: number | null;
  @MaybeInteger('Leads that can be taken by the date: free + capacity · days left ÷ meanDays; null: no limit')
  canTake!: number | null;
  @MaybeInteger('Accepted leads that are missing, of all personas; null: nobody knows') missing!:
    number | null;
  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Whether canTake is enough for missing; null: nobody knows',
  })
  isEnough!: boolean | null;
}

export class MagicNumberAnswer extends Answer {
  @Instant('The instant of the position: from then on days are counted') at!: Date;
  @Nested('As asked', () => MoneyItem) goal!: MoneyItem;
  @Text('As asked') by!: string;
  @Instant('End of that day: wins before it count') deadline!: Date;
  @Decimal('Days from `at` to the deadline, two decimals; not positive: it has passed') daysLeft!: number;
  @MaybeInstant('From when on wins count towards the goal; null: only those to come') from!: Date | null;
  @Text('Currency of all amounts: that of the journey model') currency!: string;
  @Instant('Begin of the history') historyFrom!: Date;
  @Instant('End of the history, exclusive') historyTo!: Date;
  @Enum('Whether shares were given or follow from the history', ['given', 'history']) sharesBy!: string;
  @Enum(
    'met: what is booked reaches the goal; covered: the pipe is expected to bring the rest; short: it is not; past: the date has passed; unknown: nothing was won in the history',
    PLAN_STATUSES,
  )
  status!: (typeof PLAN_STATUSES)[number];
  @Nested('Won since `from`', () => MoneyItem) booked!: MoneyItem;
  @Nested('goal − booked, at least 0', () => MoneyItem) remaining!: MoneyItem;
  @Nested('Revenue that the pipe is expected to bring by the date', () => MoneyRange) expected!: MoneyRange;
  @Decimal('Chance that the pipe brings what remains, six decimals') chance!: number;
  @Nested('remaining − expected, at least 0', () => MoneyRange) gap!: MoneyRange;
  @NestedList('All steps of all personas, in order', () => PlanTotalStep) steps!: PlanTotalStep[];
  @Nested('What sales can take', () => CapacityItem) capacity!: CapacityItem;
  @Texts('What to mind, in plain words') cautions!: string[];
  @NestedList(
    'Personas of the journey model, in its order; then leads and opportunities of none',
    () => PersonaPlanItem,
  )
  personas!: PersonaPlanItem[];
}
