import { UnconvertedItem } from '../attribution.js';
import { EstimateItem, ShareItem } from '../estimates.js';
import { MoneyItem } from '../money.js';
import { METRICS } from '../report-scope.js';
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
import { SEQUENCE_SORTS } from '../../domain/sequences/ranked-sequences.js';

/** What the steps of a sequence are. */
export const SEQUENCE_ITEMS = ['content', 'contentType', 'channel'] as const;
export type SequenceItemKind = (typeof SEQUENCE_ITEMS)[number];

export class SequenceItem {
  @Texts('What was met, in order; other steps may lie between') keys!: string[];
  @Text('Label for display: titles of contents, else keys') label!: string;
  @Integer('Journeys with the sequence, each counted once') support!: number;
  @Integer('Of these, those that converted') converted!: number;
  @Nested('converted / support', () => ShareItem) conversion!: ShareItem;
  @Integer('Journeys without the sequence') journeysWithout!: number;
  @Integer('Of these, those that converted') convertedWithout!: number;
  @Nested('convertedWithout / journeysWithout', () => ShareItem) conversionWithout!: ShareItem;
  @MaybeNested(
    'Conversion with the sequence / without it, with its log interval (Katz); null: no journey is without it, or none of those converted',
    () => EstimateItem,
  )
  lift!: EstimateItem | null;
  @MaybeNested(
    'Conversion with the sequence − without it, with its interval (Newcombe); null: no journey is without it',
    () => EstimateItem,
  )
  difference!: EstimateItem | null;
  @Nested(
    'Amounts of the opportunities that converted with it; each is whole in every sequence that it has, so rows do not add up',
    () => MoneyItem,
  )
  value!: MoneyItem;
  @Bool('Fewer than 10 converted with it or without it: mind the intervals rather than the numbers')
  smallSample!: boolean;
}

export class SequencesAnswer extends Answer {
  @Enum('What the steps are', SEQUENCE_ITEMS) by!: string;
  @Enum(
    '`revenue`: opportunities closed in the period, up to the close; `pipeline`: opened in the period, up to the opening',
    METRICS,
  )
  metric!: string;
  @Text('Currency of all values: that of the journey model') currency!: string;
  @MaybeInstant('Start, inclusive: by closedAt for revenue, by openedAt for pipeline') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @MaybeText('Only touches of people of this persona') persona!: string | null;
  @MaybeText('Only touches of people in this buying stage') stage!: string | null;
  @Bool('Whether opportunities that are still open are left out') closedOnly!: boolean;
  @Integer('Journeys that a sequence was in at least') minSupport!: number;
  @Integer('Steps that a sequence has at least') minLength!: number;
  @Integer('Steps that a sequence has at most, as asked for') maxLength!: number;
  @Enum('Order of the rows', SEQUENCE_SORTS) sort!: string;
  @Integer('Journeys with at least one step') journeys!: number;
  @Integer('Journeys without any, which count nowhere') journeysWithoutSteps!: number;
  @Integer('Journeys that converted: opportunities won') converted!: number;
  @Nested('converted / journeys', () => ShareItem) conversion!: ShareItem;
  @Integer('Sequences that are frequent enough, of which `rows` has the first') found!: number;
  @Integer('All sequences of up to so many steps were found') searchedLength!: number;
  @Bool('Longer sequences were too many to search: raise minSupport, or lower maxLength') truncated!: boolean;
  @Texts('What to mind about these numbers') cautions!: string[];
  @NestedList(
    'Opportunities that are in no value because their currency has no published rate',
    () => UnconvertedItem,
  )
  unconverted!: UnconvertedItem[];
  @NestedList('In the order of `sort`', () => SequenceItem) rows!: SequenceItem[];
}
