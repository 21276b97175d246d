import { decayed, leadColumns, leadRows, lifecycleOf, scoreNow } from './lead-rows.js';
import { LeadItem, leadItem, type LeadRow } from './leads.js';
import type { View } from './read-models.js';
import {
  Decimal,
  Instant,
  Integer,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  NestedList,
  Text,
  Texts,
  Uuid,
} from './response-fields.js';
import { raw, rows, sql, type Sql } from './sql.js';
import { validAt } from './valid-at.js';

const TOP_REASONS = 3;
const LAST_TOUCHPOINTS = 10;
const CONTENTS = 20;

export class ScoreReason {
  @Text('Rule of the journey model') rule!: string;
  @Decimal('What its points are worth now, two decimals') worth!: number;
}

export class LastTouchpoint {
  @Uuid('The event') eventId!: string;
  @Instant('When it happened') occurredAt!: string;
  @Text('What the person did or received') kind!: string;
  @Text('Channel') channel!: string;
  @MaybeText('Id of the content') contentId!: string | null;
  @MaybeText('Title of the content') contentTitle!: string | null;
  @MaybeText('The salesperson who took part') rep!: string | null;
}

export class ConsumedContent {
  @Text('The content') contentId!: string;
  @MaybeText('Its title') title!: string | null;
  @MaybeText('Its type') type!: string | null;
  @Integer('Touchpoints with it') times!: number;
  @Instant('The last of them') lastAt!: string;
}

export class AccountActivity {
  @Text('The company') accountId!: string;
  @Integer('Its leads, this one included') leads!: number;
  @Integer('Their touchpoints') touchpoints!: number;
  @MaybeInstant('The last of them') lastTouchAt!: string | null;
  @Texts('Its open opportunities') openOpportunities!: string[];
}

/** What a salesperson wants to know of a lead before the first call. */
export class HandOffLeadItem extends LeadItem {
  @NestedList(`The ${TOP_REASONS} rules that gave most of the score`, () => ScoreReason)
  scoreReasons!: ScoreReason[];
  @NestedList(
    `The last ${LAST_TOUCHPOINTS} touchpoints, newest first; machines are left out`,
    () => LastTouchpoint,
  )
  lastTouchpoints!: LastTouchpoint[];
  @NestedList(
    `Contents the lead has read or seen, last ones first, ${CONTENTS} at most`,
    () => ConsumedContent,
  )
  contents!: ConsumedContent[];
  @MaybeNested('What the company does; null: the lead belongs to none', () => AccountActivity)
  account!: AccountActivity | null;
}
export type HandOffLead = HandOffLeadItem;

interface Row extends LeadRow {
  score_reasons: ScoreReason[];
  last_touchpoints: LastTouchpoint[];
  contents: ConsumedContent[];
  account: AccountActivity | null;
}

/** Leads with what sales want to know of them, by id. */
export async function leadsOfHandOffs(
  view: View,
  leadIds: readonly string[],
): Promise<ReadonlyMap<string, HandOffLead>> {
  if (leadIds.length === 0) return new Map();
  const found = await rows<Row>(
    view.tx,
    sql`
    SELECT ${leadColumns(view)}, ${lifecycleOf(view, 'l')} AS lifecycle, ${scoreNow(view, 'l')} AS score, p.name, p.title,
           ${scoreReasons(view)} AS score_reasons, ${lastTouchpoints(view)} AS last_touchpoints,
           ${contents(view)} AS contents, ${await accountActivity(view)} AS account
    FROM (${await leadRows(view)}) l
    JOIN touchline.lead_profile p
      ON p.workspace = ${view.workspace} AND p.lead_id = l.lead_id AND ${validAt('p', view.asOf)}
    WHERE l.lead_id = ANY (${[...leadIds]}::uuid[])`,
  );
  return new Map(
    found.map((row) => [
      row.lead_id,
      {
        ...leadItem(row),
        scoreReasons: row.score_reasons,
        lastTouchpoints: row.last_touchpoints,
        contents: row.contents,
        account: row.account,
      },
    ]),
  );
}

const list = (items: Sql): Sql => sql`(SELECT coalesce(json_agg(item), '[]') FROM (${items}) item)`;

const instant = (column: string): Sql =>
  raw(`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);

/** Decimal sums, because adding up doubles would depend on the order of the rows. */
function scoreReasons(view: View): Sql {
  const points = {
    lead: raw('s.lead_id'),
    score: raw('s.points'),
    since: raw('s.occurred_at'),
    to: sql`${view.at}::timestamptz`,
  };
  return list(sql`
    SELECT s.rule, sum((${decayed(view, points)})::numeric)::float8 AS worth
    FROM touchline.score_change s
    WHERE s.workspace = ${view.workspace} AND s.lead_id = l.lead_id AND ${validAt('s', view.asOf)}
    GROUP BY s.rule
    ORDER BY worth DESC, s.rule COLLATE "C"
    LIMIT ${TOP_REASONS}`);
}

const byPeople = ({ workspace, asOf }: View): Sql => sql`
  j.workspace = ${workspace} AND j.lead_id = l.lead_id AND j.verdict IN ('human', 'unknown') AND ${validAt('j', asOf)}`;

const lastTouchpoints = (view: View): Sql =>
  list(sql`
    SELECT j.event_id AS "eventId", ${instant('j.occurred_at')} AS "occurredAt", j.kind, j.channel,
           j.content_id AS "contentId", j.content_title AS "contentTitle", j.rep
    FROM touchline.journey j
    WHERE ${byPeople(view)}
    ORDER BY j.occurred_at DESC, j.event_id DESC
    LIMIT ${LAST_TOUCHPOINTS}`);

const contents = (view: View): Sql =>
  list(sql`
    SELECT j.content_id AS "contentId", (array_agg(j.content_title ORDER BY j.occurred_at DESC, j.event_id))[1] AS title,
           (array_agg(j.content_type ORDER BY j.occurred_at DESC, j.event_id))[1] AS type, count(*)::int AS times,
           ${instant('max(j.occurred_at)')} AS "lastAt"
    FROM touchline.journey j
    WHERE ${byPeople(view)} AND j.content_id IS NOT NULL
    GROUP BY j.content_id
    ORDER BY max(j.occurred_at) DESC, j.content_id COLLATE "C"
    LIMIT ${CONTENTS}`);

const accountActivity = async (view: View): Promise<Sql> => sql`
  CASE WHEN l.account_id IS NOT NULL THEN (
    SELECT json_build_object(
      'accountId', l.account_id, 'leads', count(*)::int, 'touchpoints', coalesce(sum(m.touchpoints), 0)::int,
      'lastTouchAt', ${instant('max(m.last_touch_at)')},
      'openOpportunities', (
        SELECT coalesce(json_agg(o.opportunity_id ORDER BY o.opportunity_id COLLATE "C"), '[]')
        FROM touchline.opportunity o
        WHERE o.workspace = ${view.workspace} AND o.account_id = l.account_id AND o.status = 'open'
          AND ${validAt('o', view.asOf)}))
    FROM (${await leadRows(view)}) m
    WHERE m.account_id = l.account_id) END`;
