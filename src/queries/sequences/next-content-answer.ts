import { EstimateItem, ShareItem } from '../estimates.js';
import {
  Answer,
  Bool,
  Enum,
  Integer,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  Nested,
  NestedList,
  Text,
  Texts,
} from '../response-fields.js';

/** What journeys have in common: persona and stage, or the content before as well. */
export const SIMILARITIES = ['stage', 'stage_and_content'] as const;
export type Similarity = (typeof SIMILARITIES)[number];

export class NextContentItem {
  @Text('The content') key!: string;
  @Text('Its title by the catalogue, else the key') label!: string;
  @Integer('Similar journeys that had it next') journeys!: number;
  @Integer('Of these, those that advanced in time after it') advanced!: number;
  @Nested('advanced / journeys', () => ShareItem) conversion!: ShareItem;
  @Integer('Similar journeys without it') journeysWithout!: number;
  @Integer('Of these, those that advanced in time after their first touch') advancedWithout!: number;
  @Nested('advancedWithout / journeysWithout', () => ShareItem) conversionWithout!: ShareItem;
  @MaybeNested(
    'Conversion with it / without it, with its log interval (Katz); null: no journey is without it, or none of those advanced',
    () => EstimateItem,
  )
  lift!: EstimateItem | null;
  @MaybeNested(
    'Conversion with it − without it, with its interval (Newcombe); null: no journey is without it',
    () => EstimateItem,
  )
  difference!: EstimateItem | null;
  @Bool('Fewer than 10 advanced with it or without it: mind the intervals rather than the numbers')
  smallSample!: boolean;
}

export class NextContentAnswer extends Answer {
  @MaybeText('The lead that it is for') leadId!: string | null;
  @MaybeText('Persona; null: leads of none') persona!: string | null;
  @MaybeText('Buying stage; null: leads before the first') stage!: string | null;
  @MaybeText('Content that journeys had before; null: any') after!: string | null;
  @Enum('What the journeys counted have in common', SIMILARITIES) similarity!: Similarity;
  @Integer('Days in which a lead had to advance') withinDays!: number;
  @MaybeInstant('Start of the touches counted, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @Integer('Similar journeys: stays of leads in the stage') journeys!: number;
  @Integer('Of these, those that advanced in time after their first touch') advanced!: number;
  @Texts('What to mind about these numbers') cautions!: string[];
  @NestedList(
    'By the lower end of the interval of `conversion`, so that a few lucky journeys do not come first',
    () => NextContentItem,
  )
  rows!: NextContentItem[];
}
