import type { BuyingStage } from '../../domain/model/journey-model.js';
import type { View } from '../read-models.js';
import { isInSegment, segmentMembers } from '../segments.js';
import { allOf, empty, join, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { engaged, MONTH_START, type Period, profiles, stageSpells } from './buyer-touches.js';
import { cutColumns } from './cut-columns.js';

export const INFLUENCE_CUTS = ['content', 'persona', 'segment', 'stage', 'month'] as const;
export type InfluenceCut = (typeof INFLUENCE_CUTS)[number];

export interface InfluenceRow {
  readonly keys: readonly (string | null)[];
  readonly title: string | null;
  readonly leads: number;
  /** Times that a lead touched the content in a stage and month, with others that did not to compare it to. */
  readonly compared: number;
  /** Of these, those that advanced in time. */
  readonly advanced: number;
  /** How many of `compared` would have advanced, had they done so as often as those that did not touch it. */
  readonly expected: number;
}

export interface InfluenceQuery {
  readonly by: readonly InfluenceCut[];
  readonly withinDays: number;
  readonly persona: string | undefined;
  readonly stage: string | undefined;
  readonly segment: string | undefined;
}

const KEYS: Readonly<Record<InfluenceCut, Sql>> = {
  content: raw('e.content_id'),
  persona: raw('e.persona'),
  segment: raw('e.segment'),
  stage: raw('e.stage'),
  month: raw('e.month'),
};

/**
 * A unit is a lead in one buying stage in one month in which it engaged. One that touched a content is followed from that
 * touch on; it is compared with the units of the same persona, stage and month without the content, followed from their first
 * touch on. What is summed up over the cells of persona, stage and month is thus standardised to the leads that touched it.
 * Cut by segment, leads are compared with those of the same segment. Absent personas, segments and stages are '', which no id is.
 */
export async function influenceRows(
  view: View,
  period: Period,
  asked: InfluenceQuery,
): Promise<InfluenceRow[]> {
  const { by, withinDays, persona, stage, segment } = asked;
  const cut = cutColumns(by, KEYS);
  const same = join(
    by.map((_, index) => raw(`p.key${index} = i.key${index}`)),
    ' AND ',
  );
  const bySegment = by.includes('segment');
  const ofSegment = (text: string): Sql => raw(bySegment ? text : '');
  const within = sql`${withinDays} * interval '1 day'`;
  const query = sql`
    WITH spell AS MATERIALIZED (${forwardSpells(view)}),
    touch AS MATERIALIZED (
      SELECT j.lead_id, coalesce(p.persona, '') AS persona, coalesce(s.stage, '') AS stage,
             coalesce(s.began_at, '-infinity') AS began_at, ${MONTH_START} AS month, j.content_id,
             ${ofSegment(`coalesce(member.segment_id, '') AS segment,`)}
             min(j.occurred_at) AS at, max(j.content_title COLLATE "C") AS title, s.advanced_at
      FROM touchline.journey j
      JOIN (${profiles(view)}) p ON p.lead_id = j.lead_id
      LEFT JOIN spell s
        ON s.lead_id = j.lead_id AND (s.began_at, s.began_id) <= (j.occurred_at, j.event_id)
       AND (s.ended_at IS NULL OR (s.ended_at, s.ended_id) > (j.occurred_at, j.event_id))
      ${bySegment ? sql`LEFT JOIN (${segmentMembers(view)}) member ON member.lead_id = j.lead_id` : empty}
      WHERE ${allOf([
        engaged(view, period),
        sql`j.occurred_at <= ${view.at}::timestamptz - ${within}`,
        persona === undefined ? undefined : sql`p.persona = ${persona}`,
        stage === undefined ? undefined : sql`s.stage = ${stage}`,
        segment === undefined ? undefined : isInSegment(view, raw('j.lead_id'), segment),
      ])}
      GROUP BY j.lead_id, p.persona, s.stage, s.began_at, s.advanced_at, month, j.content_id${ofSegment(', member.segment_id')}),
    unit AS MATERIALIZED (
      SELECT lead_id, persona, stage, began_at, month${ofSegment(', segment')}, min(at) AS at, min(advanced_at) <= min(at) + ${within} AS advanced
      FROM touch GROUP BY lead_id, persona, stage, began_at, month${ofSegment(', segment')}),
    stratum AS (
      SELECT persona, stage, month${ofSegment(', segment')}, count(*) AS units, count(*) FILTER (WHERE advanced) AS advanced
      FROM unit GROUP BY persona, stage, month${ofSegment(', segment')}),
    exposed AS (
      SELECT t.content_id, t.persona, t.stage, t.month${ofSegment(', t.segment')}, max(t.title) AS title, count(*) AS units,
             count(*) FILTER (WHERE t.advanced_at <= t.at + ${within}) AS advanced, count(*) FILTER (WHERE u.advanced) AS as_units
      FROM touch t
      JOIN unit u ON u.lead_id = t.lead_id AND u.began_at = t.began_at AND u.month = t.month${ofSegment(' AND u.segment = t.segment')}
      WHERE t.content_id IS NOT NULL
      GROUP BY t.content_id, t.persona, t.stage, t.month${ofSegment(', t.segment')}),
    people AS (
      SELECT ${cut.names} count(*) AS leads
      FROM (SELECT ${cut.select} e.lead_id FROM touch e WHERE e.content_id IS NOT NULL GROUP BY ${cut.names} e.lead_id) each
      ${cut.group}),
    influence AS (
      SELECT ${cut.select} max(e.title) AS title,
             coalesce(sum(e.units) FILTER (WHERE s.units > e.units), 0)::int AS compared,
             coalesce(sum(e.advanced) FILTER (WHERE s.units > e.units), 0)::int AS advanced,
             coalesce(sum(e.units * (s.advanced - e.as_units)::numeric / nullif(s.units - e.units, 0)), 0)::float8 AS expected
      FROM exposed e
      JOIN stratum s ON s.persona = e.persona AND s.stage = e.stage AND s.month = e.month${ofSegment(' AND s.segment = e.segment')}
      ${cut.group})
    SELECT ${cut.keys} AS keys, title, leads, compared, advanced, expected
    FROM (SELECT i.*, p.leads::int FROM influence i JOIN people p ON ${same}) found
    ORDER BY ${cut.time}leads DESC${cut.ties}`;
  const found = await rows<InfluenceRow>(view.tx, query);
  return found.map((row) => ({ ...row, keys: row.keys.map((key) => (key === '' ? null : key)) }));
}

/** Spells with the time at which a lead moved on to a later stage of its persona, and the time before the first stage. */
const forwardSpells = (view: View): Sql => sql`
  SELECT s.lead_id, s.stage, s.began_at, s.began_id, s.ended_at, s.ended_id,
         CASE WHEN s.stage IS NULL OR later.number > here.number THEN s.ended_at END AS advanced_at
  FROM (${stageSpells(view)}
        UNION ALL
        SELECT t.lead_id, NULL, '-infinity', '00000000-0000-0000-0000-000000000000', t.at, t.event_id, t.to_stage
        FROM touchline.stage_transition t
        WHERE t.workspace = ${view.workspace} AND ${validAt('t', view.asOf)} AND t.from_stage IS NULL) s
  JOIN (${profiles(view)}) p ON p.lead_id = s.lead_id
  LEFT JOIN (${stageOrder(view)}) here ON here.persona = coalesce(p.persona, '') AND here.stage = s.stage
  LEFT JOIN (${stageOrder(view)}) later ON later.persona = coalesce(p.persona, '') AND later.stage = s.next_stage`;

/** The stages of each persona by their place; those of leads without a persona under ''. */
function stageOrder({ model }: View): Sql {
  const { personas, stages } = model?.data.document ?? { personas: [], stages: [] };
  const placed = (persona: string, own: readonly BuyingStage[]) =>
    own.map(({ id: stage }, number) => ({ persona, stage, number }));
  const all = [
    ...placed('', stages),
    ...personas.flatMap(({ id, stages: own }) => placed(id, own ?? stages)),
  ];
  return sql`
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(all)}::jsonb) AS stage (persona text, stage text, number int)`;
}
