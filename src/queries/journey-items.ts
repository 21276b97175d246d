import { ApiProperty } from '@nestjs/swagger';
import { CHANNELS, CLAMP_REASONS, TOUCHPOINT_KINDS, VERDICTS } from '../domain/touchpoint.js';
import { REASON_CODES } from '../domain/verdict/reasons.js';
import type { Origin, ResolvedSession } from '../domain/session.js';
import { type PageRequest, pageOf } from './page-request.js';
import { INSTANT, UUID } from './cursor.js';
import {
  Instant,
  LogPosition,
  MaybeNested,
  MaybeText,
  MaybeUuid,
  PageAnswer,
  NestedList,
  Decimal,
  Text,
  Texts,
  Uuid,
  Enum,
  Enums,
} from './response-fields.js';
import { type TouchpointColumns, sessionsOf } from './journey-sessions.js';
import { decayed } from './lead-rows.js';
import type { View } from './read-models.js';
import { validAt } from './valid-at.js';
import { VerdictChange, verdictChanges } from './verdict-changes.js';
import { runningScores } from './running-scores.js';
import { allOf, raw, rows, sql, type Sql } from './sql.js';

export class ContentItem {
  @MaybeText('Content id from the catalogue or the client, else the URL') id!: string | null;
  @MaybeText('URL') url!: string | null;
  @MaybeText('Title') title!: string | null;
  @MaybeText('Type, defined by the workspace') type!: string | null;
  @MaybeText('Buying stage in the model') stage!: string | null;
}

/** The client's time could not be taken: `occurredAt` is the time of receipt. */
class ReplacedTimeItem {
  @Enum(
    'future: after the receipt; absurd: not a valid time, or before 1990; ambiguous: several readings; backdated: older than a public key may send',
    CLAMP_REASONS,
  )
  reason!: string;
  @Text('The time as sent by the client') original!: string;
}

/** One touchpoint of a journey. */
export class JourneyItem {
  @LogPosition('Position of its event') position!: string;
  @Uuid('Its event') eventId!: string;
  @Uuid('The lead of the touchpoint') leadId!: string;
  @Enum('Kind of touchpoint', TOUCHPOINT_KINDS) kind!: string;
  @MaybeText("The client's own name of it") name!: string | null;
  @Enum('Channel', CHANNELS) channel!: string;
  @MaybeText('Source of the buyer') source!: string | null;
  @MaybeText('Medium, as tagged') medium!: string | null;
  @MaybeText('Campaign') campaign!: string | null;
  @MaybeNested('Content', () => ContentItem) content!: ContentItem | null;
  @Instant('When it happened') occurredAt!: Date;
  @MaybeNested("Where the client's own time was replaced; else null", () => ReplacedTimeItem)
  replacedTime!: ReplacedTimeItem | null;
  @Instant('When it was recorded') recordedAt!: Date;
  @Texts('Keys in the event') identity!: string[];
  @MaybeUuid('The event whose claim assigned it to this lead; null: its own keys did') linkedBy!:
    string | null;
  @MaybeText('Collector') collector!: string | null;
  @MaybeText('The salesperson who took part') rep!: string | null;
  @Enum('Who is assumed to have acted; only human and unknown count', VERDICTS) verdict!: string;
  @Enums('Why it is taken for a machine’s, or superseded; empty: nothing speaks for it', REASON_CODES)
  verdictReasons!: string[];
  @MaybeUuid('The rule of the workspace that decided; null: none did') verdictRuleId!: string | null;
  @NestedList('When other events changed the verdict, and which', () => VerdictChange)
  verdictChanges!: VerdictChange[];
  @Uuid('Event id of the first touchpoint of its session') sessionId!: string;
  @MaybeUuid(
    'The touchpoint of its session whose channel, source, medium and campaign it inherited; null: none',
  )
  originId!: string | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Properties as the client sent them',
  })
  properties!: Readonly<Record<string, unknown>>;
  @MaybeText('Buying stage right after it') stageAfter!: string | null;
  @Decimal('Score right after it, two decimals') scoreAfter!: number;
}

export abstract class JourneyPage extends PageAnswer {
  @NestedList('Touchpoints by occurredAt', () => JourneyItem) items!: JourneyItem[];
}

/** `asc`: as it happened; `desc`: newest first. */
export const ORDERS = ['asc', 'desc'] as const;
export type Order = (typeof ORDERS)[number];
export const JOURNEY_KEYS = [INSTANT, UUID];

interface Row extends TouchpointColumns {
  position: string;
  kind: string;
  name: string | null;
  content_id: string | null;
  content_url: string | null;
  content_title: string | null;
  content_type: string | null;
  content_stage: string | null;
  recorded_at: Date;
  identity: string[];
  linked_by: string | null;
  collector: string | null;
  rep: string | null;
  reasons: string[] | null;
  rule_id: string | null;
  is_judged_again: boolean;
  properties: Record<string, unknown> | null;
  clamped: ReplacedTimeItem | null;
  stage_after: string | null;
  score_after: number;
}

/** A page of the touchpoints of the leads that `whose` (a condition on `j.lead_id`) chooses. */
export async function journeyPage(
  view: View,
  request: PageRequest,
  { whose, order }: { whose: Sql; order: Order },
): Promise<{ items: JourneyItem[]; next: string | null }> {
  const found = await rows<Row>(view.tx, itemsSql(view, request, { whose, order }));
  const { page, next } = pageOf(request, view, found, (row) => [row.occurred_at.toISOString(), row.event_id]);
  const sessions = await sessionsOf(view, order === 'asc' ? page : page.toReversed());
  const judgedAgain = page.filter((row) => row.is_judged_again).map((row) => row.event_id);
  const changes =
    judgedAgain.length === 0 ? [] : await verdictChanges(view, sql`SELECT unnest(${judgedAgain}::uuid[])`);
  const byTouchpoint = Map.groupBy(changes, ({ touchpointId }) => touchpointId);
  const items = page.map((row) => ({
    ...itemOf(row, sessions.get(row.event_id)),
    verdictChanges: byTouchpoint.get(row.event_id) ?? [],
  }));
  return { items, next };
}

/** The stage right after a touchpoint is what the last transition up to it left. */
function itemsSql(view: View, request: PageRequest, { whose, order }: { whose: Sql; order: Order }): Sql {
  const { workspace, asOf } = view;
  const direction = raw(order === 'asc' ? 'ASC' : 'DESC');
  const [at, id] = request.after ?? [];
  const beyond = raw(order === 'asc' ? '>' : '<');
  const after = request.after && sql`(j.occurred_at, j.event_id) ${beyond} (${at}::timestamptz, ${id}::uuid)`;
  const score = {
    lead: raw('j.lead_id'),
    score: raw('(scored.after).score'),
    since: raw('(scored.after).scored_at'),
    to: raw('j.occurred_at'),
  };
  return sql`
    WITH page AS (
      SELECT * FROM touchline.journey j
      WHERE ${allOf([sql`j.workspace = ${workspace}`, whose, validAt('j', asOf), after])}
      ORDER BY j.occurred_at ${direction}, j.event_id ${direction}
      LIMIT ${request.limit + 1}),
    steps AS (
      SELECT j.lead_id, j.occurred_at, j.event_id, s.points
      FROM page j
      LEFT JOIN touchline.score_change s
        ON s.workspace = j.workspace AND s.lead_id = j.lead_id AND s.occurred_at = j.occurred_at
        AND s.event_id = j.event_id AND ${validAt('s', asOf)})
    SELECT j.position, j.event_id, j.lead_id, j.kind, j.name, j.channel, j.source, j.medium, j.campaign,
           j.content_id, j.content_url, j.content_title, j.content_type, j.content_stage,
           j.occurred_at, j.recorded_at, j.identity, j.collector, j.rep, j.verdict, j.session, j.sets_origin,
           j.detail -> 'reasons' AS reasons, j.detail ->> 'rule' AS rule_id, j.known_from > j.position AS is_judged_again,
           j.detail -> 'properties' AS properties, j.detail -> 'clamped' AS clamped, moved.to_stage AS stage_after, ${decayed(view, score)} AS score_after,
           touchline.linked_by(j.workspace, j.lead_id, j.identity, ${asOf}) AS linked_by
    FROM page j
    LEFT JOIN LATERAL (
      SELECT t.to_stage FROM touchline.stage_transition t
      WHERE t.workspace = j.workspace AND t.lead_id = j.lead_id AND ${validAt('t', asOf)}
        AND (t.at, t.event_id) <= (j.occurred_at, j.event_id)
      ORDER BY t.at DESC, t.event_id DESC LIMIT 1) moved ON true
    JOIN (${runningScores(view, raw('steps'))}) scored USING (event_id)
    ORDER BY j.occurred_at ${direction}, j.event_id ${direction}`;
}

const itemOf = (row: Row, session: ResolvedSession | undefined): Omit<JourneyItem, 'verdictChanges'> => ({
  position: row.position,
  eventId: row.event_id,
  leadId: row.lead_id,
  kind: row.kind,
  name: row.name,
  ...labelsOf(row, session?.origin),
  content: contentOf(row),
  occurredAt: row.occurred_at,
  replacedTime: row.clamped,
  recordedAt: row.recorded_at,
  identity: row.identity,
  linkedBy: row.linked_by,
  collector: row.collector,
  rep: row.rep,
  verdict: row.verdict,
  verdictReasons: row.reasons ?? [],
  verdictRuleId: row.rule_id,
  sessionId: session?.sessionId ?? row.event_id,
  originId: session?.originId ?? null,
  properties: row.properties ?? {},
  stageAfter: row.stage_after,
  scoreAfter: row.score_after,
});

type Labels = Pick<JourneyItem, 'channel' | 'source' | 'medium' | 'campaign'>;

/** Of the origin that it inherited from its session, else its own. */
const labelsOf = (own: Labels, origin: Origin | undefined): Labels => ({
  channel: origin ? origin.channel : own.channel,
  source: origin ? (origin.source ?? null) : own.source,
  medium: origin ? (origin.medium ?? null) : own.medium,
  campaign: origin ? (origin.campaign ?? null) : own.campaign,
});

interface ContentColumns {
  content_id: string | null;
  content_url: string | null;
  content_title: string | null;
  content_type: string | null;
  content_stage: string | null;
}

function contentOf(row: ContentColumns): ContentItem | null {
  const { content_id: id, content_url: url, content_title: title } = row;
  const { content_type: type, content_stage: stage } = row;
  const known = [id, url, title, type, stage].some((value) => value !== null);
  return known ? { id, url, title, type, stage } : null;
}
