import {
  Decimal,
  Enums,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  MaybeTexts,
  Nested,
  NestedList,
  Text,
} from '../response-fields.js';
import { CutAnswer } from './cut-request.js';
import { OPPORTUNITY_CUTS, type OpportunityCut } from './opportunity-cuts.js';

export class WinRateItem {
  @MaybeDecimal('won / (won + lost), six decimals; null: none was closed') rate!: number | null;
  @MaybeDecimal('Lower end of its 95 % confidence interval (Wilson)') low!: number | null;
  @MaybeDecimal('Upper end') high!: number | null;
}

export class AreaItem {
  @Decimal(
    'Chance that one that was won had the higher score than one that was lost; 0.5: scores tell nothing',
  )
  area!: number;
  @Decimal('Lower end of its 95 % confidence interval (Hanley and McNeil)') low!: number;
  @Decimal('Upper end') high!: number;
}

export class DecileItem {
  @Integer('1: the highest scores') decile!: number;
  @MaybeDecimal('Highest score in it; null: it is empty') highestScore!: number | null;
  @MaybeDecimal('Lowest score in it') lowestScore!: number | null;
  @Decimal('Opportunities, a tenth of all: those of one score that fall in two tenths are divided')
  opportunities!: number;
  @Decimal('Of these won') won!: number;
  @Nested('Win rate', () => WinRateItem) winRate!: WinRateItem;
  @MaybeDecimal('Win rate / that of all; null: none was won') lift!: number | null;
}

export class CalibrationItem {
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Label for display') label!: string;
  @Integer('Opportunities won') won!: number;
  @Integer('Opportunities lost') lost!: number;
  @Nested('Win rate', () => WinRateItem) winRate!: WinRateItem;
  @MaybeNested('Area under the ROC curve; null: all were won, or all lost', () => AreaItem)
  auc!: AreaItem | null;
}

export class ScoreCalibrationAnswer extends CutAnswer {
  @MaybeInstant('Start by openedAt, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @Decimal('Half-life of scores, days') halfLifeDays!: number;
  @Integer('Opportunities won') won!: number;
  @Integer('Opportunities lost') lost!: number;
  @Integer('Opportunities still open: in no figure') open!: number;
  @Nested('Win rate', () => WinRateItem) winRate!: WinRateItem;
  @MaybeNested('Area under the ROC curve; null: all were won, or all lost', () => AreaItem)
  auc!: AreaItem | null;
  @NestedList('By tenths of the scores, highest first', () => DecileItem) deciles!: DecileItem[];
  @Enums('Cuts', OPPORTUNITY_CUTS) by!: OpportunityCut[];
  @NestedList(
    'By the cuts, most opportunities first; by time if the first cut is the month',
    () => CalibrationItem,
  )
  rows!: CalibrationItem[];
}
