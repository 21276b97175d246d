import type { View } from '../read-models.js';
import { isInSegment, segmentMembers } from '../segments.js';
import { allOf, empty, firstRow, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { profiles } from './buyer-touches.js';
import { cutColumns } from './cut-columns.js';
import { endedHandOffs, handOffs } from './hand-off-ends.js';

export const HAND_OFF_CUTS = ['recipient', 'persona', 'source', 'segment', 'campaign', 'month'] as const;
export type HandOffCut = (typeof HAND_OFF_CUTS)[number];

/** Of hand-offs that `handOffs` looks at. */
const begunAndNotLeft = (at: Date): Sql =>
  sql`h.began_at <= ${at} AND (h.left_at IS NULL OR h.left_at > ${at})`;

/** What leads did is looked up for these alone. */
const notEnded = (at: Date): Sql => sql`(h.ended_at IS NULL OR h.ended_at > ${at})`;

/** Hand-offs open and rotten at an instant. */
export interface OpenHandOffs {
  readonly keys: readonly (string | null)[];
  readonly open: number;
  readonly rotten: number;
}

/** The month is that of the hand-off, source and campaign are those of the lead's first touch. */
export const handOffColumns = (timeZone: string): Readonly<Record<HandOffCut, Sql>> => ({
  recipient: raw('h.recipient'),
  persona: raw('p.persona'),
  source: raw('origin.source'),
  segment: raw('member.segment_id'),
  campaign: raw('origin.campaign'),
  month: sql`date_trunc('month', h.began_at AT TIME ZONE ${timeZone})::date`,
});

/** Which hand-offs, in which time zone, and how they are cut. */
export interface HandOffScope {
  readonly timeZone: string;
  readonly by: readonly HandOffCut[];
  readonly segment: string | undefined;
}

export const inSegment = (view: View, segment: string | undefined): Sql | undefined =>
  segment === undefined ? undefined : isInSegment(view, raw('h.lead_id'), segment);

/** Joins what the cuts read. The hand-off of a lead in two segments is two rows. */
export const handOffJoins = (view: View, by: readonly HandOffCut[]): Sql => sql`
  ${by.includes('persona') ? sql`LEFT JOIN (${profiles(view)}) p ON p.lead_id = h.lead_id` : empty}
  ${by.includes('source') || by.includes('campaign') ? firstOrigin(view) : empty}
  ${by.includes('segment') ? sql`LEFT JOIN (${segmentMembers(view)}) member ON member.lead_id = h.lead_id` : empty}`;

const firstOrigin = ({ workspace, asOf }: View): Sql => sql`
  LEFT JOIN LATERAL (
    SELECT j.source, j.campaign FROM touchline.journey j
    WHERE j.workspace = ${workspace} AND j.lead_id = h.lead_id AND j.verdict <> 'superseded' AND ${validAt('j', asOf)}
    ORDER BY j.occurred_at, j.event_id LIMIT 1) origin ON true`;

export async function openHandOffs(
  view: View,
  at: Date,
  { timeZone, by, segment }: HandOffScope,
): Promise<OpenHandOffs[]> {
  const cut = cutColumns(by, handOffColumns(timeZone));
  return rows<OpenHandOffs>(
    view.tx,
    sql`
    SELECT ${cut.keys} AS keys, count(*)::int AS open, count(*) FILTER (WHERE rotten)::int AS rotten
    FROM (SELECT ${cut.select} h.rots_at <= ${at} AND (h.rots_until IS NULL OR h.rots_until > ${at}) AS rotten
          FROM (${await handOffs(view, allOf([begunAndNotLeft(at), inSegment(view, segment)]))}) h ${handOffJoins(view, by)}
          WHERE ${notEnded(at)}) h
    ${cut.group}
    ORDER BY ${cut.time}rotten DESC, open DESC${cut.ties}`,
  );
}

export interface RottenPoint {
  readonly at: Date;
  readonly open: number;
  readonly rotten: number;
}

/**
 * The same at the beginning of each day: each hand-off adds one where it begins and takes one away where it ends, so many days cost
 * no more than one. Of the instants, which rise, `width_bucket` tells how many lie before a time.
 */
export async function rottenSeries(
  view: View,
  days: { readonly first: string; readonly last: string },
  { timeZone, segment }: HandOffScope,
): Promise<RottenPoint[]> {
  return rows<RottenPoint>(
    view.tx,
    sql`
    WITH point AS MATERIALIZED (
      SELECT day AT TIME ZONE ${timeZone} AS at, row_number() OVER (ORDER BY day) AS number
      FROM generate_series(${days.first}::timestamp, ${days.last}::timestamp, interval '1 day') AS day),
    hand_off AS MATERIALIZED (${await handOffs(view, inSegment(view, segment))}),
    change AS (
      SELECT began_at AS at, 1 AS open, 0 AS rotten FROM hand_off
      UNION ALL SELECT ended_at, -1, 0 FROM hand_off WHERE ended_at IS NOT NULL
      UNION ALL SELECT rots_at, 0, 1 FROM hand_off WHERE rots_until IS NULL OR rots_until > rots_at
      UNION ALL SELECT rots_until, 0, -1 FROM hand_off WHERE rots_until > rots_at),
    placed AS (
      SELECT width_bucket(at - interval '1 microsecond', (SELECT array_agg(point.at ORDER BY point.at) FROM point)) + 1 AS number,
             sum(open) AS open, sum(rotten) AS rotten
      FROM change GROUP BY 1)
    SELECT point.at, coalesce(sum(placed.open) OVER so_far, 0)::int AS open, coalesce(sum(placed.rotten) OVER so_far, 0)::int AS rotten
    FROM point LEFT JOIN placed USING (number)
    WINDOW so_far AS (ORDER BY point.number)
    ORDER BY point.number`,
  );
}

/** A hand-off that rots, or is about to. */
export interface UrgentHandOff {
  readonly leadId: string;
  readonly recipient: string;
  readonly isRotten: boolean;
  readonly beganAt: Date;
  readonly warnAt: Date | null;
  readonly rotsAt: Date;
  /** Of those that rot, or of those that are about to. */
  readonly total: number;
}

/** At an instant: the first `limit` hand-offs that rot and as many that are about to, and what each recipient has open. */
export interface HandOffsNow {
  readonly urgent: readonly UrgentHandOff[];
  readonly open: readonly OpenHandOffs[];
}

type AsJson<T> = { readonly [K in keyof T]: T[K] extends Date | null ? string | Extract<T[K], null> : T[K] };

/** Both of one reading, which costs more than all else. One is about to rot when its time of warning has come. */
export async function handOffsNow(
  view: View,
  at: Date,
  { rep, limit }: { readonly rep: string | undefined; readonly limit: number },
): Promise<HandOffsNow> {
  const found = await firstRow<{ urgent: AsJson<UrgentHandOff>[]; open: OpenHandOffs[] }>(
    view.tx,
    sql`
    WITH hand_off AS MATERIALIZED (
      SELECT h.*, h.rots_at <= ${at} AS is_due, h.rots_until IS NULL OR h.rots_until > ${at} AS is_waiting
      FROM (${await handOffs(view, begunAndNotLeft(at))}) h
      WHERE ${notEnded(at)}),
    urgent AS (
      SELECT lead_id AS "leadId", recipient, is_due AS "isRotten", began_at AS "beganAt", warn_at AS "warnAt", rots_at AS "rotsAt", total, number
      FROM (
        SELECT h.*, count(*) OVER (PARTITION BY is_due)::int AS total,
               row_number() OVER (PARTITION BY is_due ORDER BY rots_at, lead_id, began_at) AS number
        FROM hand_off h
        WHERE ${allOf([
          sql`h.is_waiting AND (h.is_due OR h.warn_at <= ${at})`,
          rep === undefined ? undefined : sql`h.recipient = ${rep}`,
        ])}) h
      WHERE number <= ${limit}),
    open AS (
      SELECT ARRAY[h.recipient] AS keys, count(*)::int AS open, count(*) FILTER (WHERE is_due AND is_waiting)::int AS rotten
      FROM hand_off h
      GROUP BY h.recipient)
    SELECT (SELECT coalesce(json_agg(u ORDER BY u."isRotten" DESC, u.number), '[]') FROM urgent u) AS urgent,
           (SELECT coalesce(json_agg(o), '[]') FROM open o) AS open`,
  );
  const urgent = (found?.urgent ?? []).map(
    ({ leadId, recipient, isRotten, beganAt, warnAt, rotsAt, total }): UrgentHandOff => ({
      ...{ leadId, recipient, isRotten, total },
      ...{
        beganAt: new Date(beganAt),
        warnAt: warnAt === null ? null : new Date(warnAt),
        rotsAt: new Date(rotsAt),
      },
    }),
  );
  return { urgent, open: found?.open ?? [] };
}

/** What became of hand-offs. */
export interface HandOffTurnover {
  /** Open at the instant, by recipient. */
  readonly open: Readonly<Record<string, number>>;
  /** How many ended in the period, and the days that they were open on average; null: none ended. */
  readonly ended: number;
  readonly meanDays: number | null;
}

export async function handOffTurnover(
  view: View,
  at: Date,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<HandOffTurnover> {
  const found = await firstRow<HandOffTurnover>(
    view.tx,
    sql`
    WITH hand_off AS MATERIALIZED (${await endedHandOffs(view)}),
    open AS (
      SELECT h.recipient, count(*)::int AS count FROM hand_off h
      WHERE h.began_at <= ${at} AND (h.ended_at IS NULL OR h.ended_at > ${at}) AND h.recipient IS NOT NULL
      GROUP BY h.recipient)
    SELECT (SELECT coalesce(json_object_agg(recipient, count), '{}') FROM open) AS open, count(*)::int AS ended,
           avg(extract(epoch FROM h.ended_at - h.began_at) / 86400)::float8 AS "meanDays"
    FROM hand_off h
    WHERE h.ended_at >= ${from} AND h.ended_at < ${to}`,
  );
  return found ?? { open: {}, ended: 0, meanDays: null };
}
