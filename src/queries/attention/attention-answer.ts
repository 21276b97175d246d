import { ApiProperty } from '@nestjs/swagger';
import {
  Answer,
  Bool,
  Enum,
  Instant,
  Integer,
  MaybeInstant,
  MaybeInteger,
  MaybeText,
  NestedList,
  Text,
} from '../response-fields.js';

/** In the order of the list. */
export const ATTENTION_KINDS = [
  'projection_behind',
  'webhook_failing',
  'rejects_rising',
  'lead_rotten',
  'lead_unroutable',
  'lead_about_to_rot',
  'rep_over_capacity',
  'stage_stalled',
  'content_gap',
] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

export const URGENCIES = ['now', 'today', 'soon'] as const;
type Urgency = (typeof URGENCIES)[number];

/** `now`: harm is done while nobody acts; `today`: it begins soon; `soon`: it takes planning. */
export const URGENCY: Readonly<Record<AttentionKind, Urgency>> = {
  projection_behind: 'now',
  webhook_failing: 'now',
  rejects_rising: 'now',
  lead_rotten: 'now',
  lead_unroutable: 'now',
  lead_about_to_rot: 'today',
  rep_over_capacity: 'today',
  stage_stalled: 'soon',
  content_gap: 'soon',
};

export type Figures = Readonly<Record<string, string | number | boolean | null>>;

export class AttentionItem {
  @Enum('What it is', ATTENTION_KINDS) kind!: AttentionKind;
  @Enum(
    'now: harm is done while nobody acts; today: it begins soon; soon: it takes planning. That of the kind',
    URGENCIES,
  )
  urgency!: Urgency;
  @Text('What is wrong and what to do, in plain words; times are those of the workspace') text!: string;
  @MaybeText('The lead it is about; null: no single one') leadId!: string | null;
  @MaybeText('The recipient it is about; null: none') rep!: string | null;
  @MaybeInstant('Since when; null: not known') since!: Date | null;
  @MaybeInstant('When it becomes worse; null: it is as bad as it gets, or worsens with every day')
  worseAt!: Date | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: {
      oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'null' }],
    },
    description: 'The figures behind it; docs/attention.md names those of each kind',
  })
  figures!: Figures;
  @Text('The query that shows all of it') query!: string;
}

export class AttentionKindItem {
  @Enum('The kind', ATTENTION_KINDS) kind!: AttentionKind;
  @Enum('Its urgency', URGENCIES) urgency!: Urgency;
  @MaybeInteger(
    'How many there are; null: not known as of an earlier position, because the log does not have it',
  )
  count!: number | null;
  @Integer('How many of them are in `items`') shown!: number;
  @Text('The query that lists all') query!: string;
}

export class AttentionAnswer extends Answer {
  @Instant('The instant of deadlines: `at`, else now, or with `asOf` that of the position') at!: Date;
  @Bool('Whether what the log does not have was looked at: projections, webhooks, rejected input')
  isLive!: boolean;
  @NestedList('Each kind that was asked for, most urgent first', () => AttentionKindItem)
  kinds!: AttentionKindItem[];
  @NestedList('What to do, most urgent first', () => AttentionItem) items!: AttentionItem[];
}

/** What a source of items found: the first of them, and how many there are. */
export interface Found {
  readonly count: number;
  readonly items: readonly FoundItem[];
}

/** An item before its kind is added. */
export type FoundItem = Pick<AttentionItem, 'text' | 'figures' | 'query'> &
  Partial<Pick<AttentionItem, 'leadId' | 'rep' | 'since' | 'worseAt'>>;
