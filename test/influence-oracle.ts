import type { InfluenceCut } from '../src/domain/engagement/influence-selection.js';
import type { View } from '../src/queries/read-models.js';
import { isInSegment, segmentMembers } from '../src/queries/segments.js';
import { allOf, empty, raw, rows, sql, type Sql } from '../src/queries/sql.js';
import { engaged, type Period } from '../src/queries/metrics/buyer-touches.js';
import { cutColumns } from '../src/queries/metrics/cut-columns.js';
import { leadMoves, movesBefore, placesOf, reachedStages } from '../src/queries/metrics/stage-moves.js';
import { monthStart } from './local-month.js';

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
  content: raw('c.content_id'),
  persona: raw('c.persona'),
  segment: raw('c.segment'),
  stage: raw('c.stage'),
  month: raw('c.month'),
};

/**
 * What src/domain/engagement/influence-counts.ts counts, in windows of SQL: too slow for a million touches.
 *
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
  const { by } = asked;
  const stages = await reachedStages(view);
  const cut = cutColumns(by, KEYS);
  const { ofSegment } = segmentParts(by);
  const query = sql`
    WITH cell AS MATERIALIZED (${cells(view, period, { ...asked, stages })}),
    compared AS (
      SELECT cell.*, sum(units) OVER stratum AS stratum_units, sum(units_advanced) OVER stratum AS stratum_advanced
      FROM cell
      WINDOW stratum AS (PARTITION BY persona, stage, month${ofSegment(', segment')}))
    SELECT ${cut.keys} AS keys, title, leads, compared, advanced, expected
    FROM (
      SELECT ${cut.select} max(c.title) AS title, sum(c.leads)::int AS leads,
             coalesce(sum(c.exposed) FILTER (WHERE c.stratum_units > c.exposed), 0)::int AS compared,
             coalesce(sum(c.advanced) FILTER (WHERE c.stratum_units > c.exposed), 0)::int AS advanced,
             coalesce(sum(c.exposed * (c.stratum_advanced - c.exposed_advanced)
                          / nullif(c.stratum_units - c.exposed, 0)), 0)::float8 AS expected
      FROM compared c
      WHERE c.content_id IS NOT NULL
      ${cut.group}) found
    ORDER BY ${cut.time}leads DESC${cut.ties}`;
  const found = await rows<InfluenceRow>(view.tx, query);
  return found.map((row) => ({ ...row, keys: row.keys.map((key) => (key === '' ? null : key)) }));
}

interface CellsQuery extends InfluenceQuery {
  readonly stages: readonly string[];
}

/**
 * By content, persona, stage and month: the units that touched the content (`exposed`), those of them that `advanced` after that
 * touch or, `exposed_advanced`, after their first touch of any content. A unit counts in `units` at its first touch, a lead in
 * `leads` at its first touch of the content in a cell of the report.
 */
function cells(view: View, period: Period, asked: CellsQuery): Sql {
  // As hours: days may be longer or shorter in some time zones, for which PostgreSQL takes times apart.
  const within = sql`${asked.withinDays} * interval '24 hours'`;
  const { ofSegment } = segmentParts(asked.by);
  const ofCell = asked.by.filter((name) => name === 'segment' || name === 'stage' || name === 'month');
  const person = raw(['lead_id', 'content_id', ...ofCell].join(', '));
  return sql`
    SELECT content_id, coalesce(persona, '') AS persona, coalesce((${asked.stages}::text[])[touch.stage], '') AS stage, month,
           ${ofSegment('segment,')} max(title COLLATE "C") AS title, count(*) FILTER (WHERE is_first_of_lead) AS leads,
           count(*) FILTER (WHERE is_exposure) AS exposed,
           count(*) FILTER (WHERE is_exposure AND advanced_at <= at + ${within}) AS advanced,
           count(*) FILTER (WHERE is_exposure AND advanced_at <= unit_at + ${within}) AS exposed_advanced,
           count(*) FILTER (WHERE is_first) AS units,
           count(*) FILTER (WHERE is_first AND advanced_at <= unit_at + ${within}) AS units_advanced
    FROM (
      SELECT *, lag(unit) OVER (PARTITION BY lead_id, content_id${ofSegment(', segment')} ORDER BY unit, at) IS DISTINCT FROM unit AS is_exposure,
             row_number() OVER (PARTITION BY ${person} ORDER BY unit, at) = 1 AS is_first_of_lead
      FROM (
        SELECT *, row_number() OVER of_unit = 1 AS is_first, first_value(at) OVER of_unit AS unit_at
        FROM (${touches(view, period, asked)}) touch
        WINDOW of_unit AS (PARTITION BY lead_id, unit${ofSegment(', segment')} ORDER BY at)) touch) touch
    GROUP BY content_id, persona, touch.stage, month${ofSegment(', segment')}`;
}

/**
 * Touches of units, with the stage that the lead was in or moved to by the touch, and when it moved on to a later one. Offset 0 keeps
 * the arrays of moves out of the sort that follows, and their search from being made twice.
 */
function touches(view: View, period: Period, asked: CellsQuery): Sql {
  const { by, withinDays, persona, stage, segment, stages } = asked;
  const { ofSegment, members } = segmentParts(by);
  return sql`
    SELECT lead_id, at, content_id, title, persona, month, ${ofSegment('segment,')} moved_to[moves] AS stage,
           moves::bigint * 100000 + (month - '2000-01-01') AS unit,
           CASE WHEN moves = 0 THEN moved_at[1]
                WHEN places[moved_to[moves + 1]] > places[moved_to[moves]] THEN moved_at[moves + 1] END AS advanced_at
    FROM (
      SELECT j.lead_id, j.occurred_at AS at, j.content_id, j.content_title AS title, l.persona, ${monthStart(view)} AS month,
             ${ofSegment(`coalesce(member.segment_id, '') AS segment,`)}
             l.moved_at, l.moved_to, ${movesBefore('<=')} AS moves, ${placesOf(view, stages)} AS places
      FROM touchline.journey j
      JOIN (${leadMoves(view, stages)}) l ON l.lead_id = j.lead_id ${members(view)}
      WHERE ${allOf([
        engaged(view, period),
        sql`j.occurred_at <= ${view.at}::timestamptz - ${withinDays} * interval '1 day'`,
        persona === undefined ? undefined : sql`l.persona = ${persona}`,
        segment === undefined ? undefined : isInSegment(view, raw('j.lead_id'), segment),
      ])}
      OFFSET 0) j
    ${stage === undefined ? empty : sql`WHERE (${stages}::text[])[moved_to[moves]] = ${stage}`}
    OFFSET 0`;
}

/** What a cut by segment adds: a column, and a join by which a lead in two segments is two rows. */
function segmentParts(by: readonly InfluenceCut[]): {
  readonly ofSegment: (text: string) => Sql;
  readonly members: (view: View) => Sql;
} {
  const bySegment = by.includes('segment');
  return {
    ofSegment: (text) => (bySegment ? raw(text) : empty),
    members: (view) =>
      bySegment ? sql`LEFT JOIN (${segmentMembers(view)}) member ON member.lead_id = j.lead_id` : empty,
  };
}
