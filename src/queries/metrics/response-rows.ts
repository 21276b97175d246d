import { type BusinessMinutes, businessMinutes, minutesBetween } from '../../domain/business-minutes.js';
import type { WorkSchedule } from '../../domain/business-hours.js';
import type { View } from '../read-models.js';
import type { ReportScope } from '../report-scope.js';
import { allOf, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { cutColumns } from './cut-columns.js';
import { areMany, firstActivity } from './hand-off-ends.js';
import { handOffColumns, type HandOffCut, handOffJoins, inSegment } from './hand-offs.js';

export interface ResponseCell extends ResponseFigures {
  readonly keys: readonly (string | null)[];
}

/** How hand-offs were answered; minutes of those that were, each to a hundredth. */
export interface ResponseFigures {
  readonly handOffs: number;
  readonly accepted: Responses;
  readonly worked: Responses;
}

export interface Responses {
  readonly minutes: readonly number[];
  /** Of those that kept their schedule. */
  readonly businessMinutes: readonly number[];
}

interface ResponseScope extends Pick<ReportScope, 'timeZone' | 'from' | 'to'> {
  readonly by: readonly HandOffCut[];
  readonly segment: string | undefined;
}

interface ResponseRow {
  /** Of the event. */
  readonly position: string;
  /** The keys as a JSON array. */
  readonly cell: string;
  readonly schedule: string | null;
  /** Instants in ms. */
  readonly began: number;
  readonly accepted: number | null;
  readonly worked: number | null;
}

/**
 * Hand-offs that began in the period, by their cells.
 *
 * @param many whether to read all activities of sales or to look up those of each hand-off; usual: what is cheaper
 */
export async function responseCells(
  view: View,
  scope: ResponseScope,
  many?: boolean,
): Promise<{ readonly total: ResponseFigures; readonly cells: ResponseCell[] }> {
  const found = await responseRows(view, scope, many ?? (await areMany(view)));
  const schedules = await schedulesOf(view, [...new Set(found.flatMap(({ schedule }) => schedule ?? []))]);
  const figuresOf = (handOffs: readonly ResponseRow[]): ResponseFigures => ({
    handOffs: handOffs.length,
    accepted: responses(handOffs, 'accepted', schedules),
    worked: responses(handOffs, 'worked', schedules),
  });
  // The hand-off of a lead in two segments is in two cells.
  const each = scope.by.includes('segment')
    ? new Map(found.map((row) => [row.position, row])).values()
    : found;
  const cells = [...Map.groupBy(found, ({ cell }) => cell)].map(([cell, handOffs]) => ({
    keys: JSON.parse(cell) as (string | null)[],
    ...figuresOf(handOffs),
  }));
  return { total: figuresOf([...each]), cells };
}

type Schedules = ReadonlyMap<string | null, BusinessMinutes>;

function responses(
  ofCell: readonly ResponseRow[],
  step: 'accepted' | 'worked',
  schedules: Schedules,
): Responses {
  const [minutes, working]: number[][] = [[], []];
  for (const { began, schedule, [step]: at } of ofCell) {
    if (at === null) continue;
    minutes?.push(minutesBetween(began, at));
    const ofSchedule = schedules.get(schedule);
    if (ofSchedule) working?.push(ofSchedule(began, at));
  }
  return { minutes: minutes ?? [], businessMinutes: working ?? [] };
}

/** As handoff_at has them (0105-hand-offs-end-once.sql), all at once. */
function responseRows(
  view: View,
  { timeZone, from, to, by, segment }: ResponseScope,
  many: boolean,
): Promise<ResponseRow[]> {
  const cut = cutColumns(by, handOffColumns(timeZone));
  const period = allOf([
    from ? sql`h.began_at >= ${from}` : undefined,
    to ? sql`h.began_at < ${to}` : undefined,
    inSegment(view, segment),
  ]);
  return rows<ResponseRow>(
    view.tx,
    sql`
    WITH begun AS MATERIALIZED (SELECT h.* FROM (${answered(view)}) h WHERE ${period})
    SELECT position, to_json(${cut.keys})::text AS cell, work_schedule::text AS schedule, ${ms('began_at')} AS began,
           ${ms('accepted_at')} AS accepted, ${ms('worked_at')} AS worked
    FROM (SELECT ${cut.select} h.position, h.work_schedule, h.began_at, h.accepted_at, h.worked_at
          FROM (${worked(view, many)}) h ${handOffJoins(view, by)}) h`,
  );
}

const ms = (column: string): Sql => raw(`round(date_part('epoch', ${column}) * 1000)`);

/** At most one acceptance lies between two decisions of other kinds. */
const answered = ({ workspace, asOf }: View): Sql => sql`
  SELECT d.position, k.lead_id, d.recipient, d.work_schedule, d.began_at,
         CASE WHEN d.next = 'LeadAccepted' THEN d.next_at END AS accepted_at,
         CASE WHEN d.next = 'LeadAccepted' THEN d.then_at ELSE d.next_at END AS decided_at
  FROM (SELECT d.lead_id, d.position, d.type, d.recipient, d.work_schedule, d.occurred_at AS began_at, lead(d.type) OVER decisions AS next,
               lead(d.occurred_at) OVER decisions AS next_at, lead(d.occurred_at, 2) OVER decisions AS then_at
        FROM touchline.lead_decision d
        WHERE d.workspace = ${workspace} AND d.position <= ${asOf} AND d.type <> 'LeadQualified'
        WINDOW decisions AS (PARTITION BY d.lead_id ORDER BY d.position)) d
  JOIN (SELECT k.own_lead_id, k.lead_id FROM touchline.identity_key k
        WHERE k.workspace = ${workspace} AND ${validAt('k', asOf)}) k ON k.own_lead_id = d.lead_id
  WHERE d.type = 'LeadHandedOff'`;

/** With the first call, meeting or mail of sales: looked up for each, or of many all read at once. */
function worked(view: View, many: boolean): Sql {
  if (!many)
    return sql`SELECT h.*, activity.at AS worked_at FROM begun h LEFT JOIN LATERAL (${firstActivity(view)}) activity ON true`;
  return sql`
    SELECT h.*, activity.at AS worked_at
    FROM begun h
    LEFT JOIN (
      SELECT h.position, min(j.occurred_at) AS at
      FROM begun h
      JOIN (${salesActivities(view)}) j
        ON j.lead_id = h.lead_id AND j.occurred_at >= h.began_at AND (h.decided_at IS NULL OR j.occurred_at < h.decided_at)
      GROUP BY h.position) activity ON activity.position = h.position`;
}

/** The list of kinds is that of the index journey_sales_activity. */
const salesActivities = ({ workspace, asOf }: View): Sql => sql`
  SELECT j.lead_id, j.occurred_at
  FROM touchline.journey j
  WHERE j.workspace = ${workspace} AND j.kind IN ('sales_call', 'sales_email', 'meeting')
    AND j.verdict IN ('human', 'unknown') AND ${validAt('j', asOf)}
  OFFSET 0`;

/** Many hand-offs have the same schedule, which is read once. */
async function schedulesOf({ tx, workspace }: View, ids: readonly string[]): Promise<Schedules> {
  const found = await rows<{ id: string; schedule: string }>(
    tx,
    sql`
    SELECT s.id::text, d.schedule
    FROM unnest(${ids}::uuid[]) AS s (id)
    CROSS JOIN LATERAL (
      SELECT d.data ->> 'workSchedule' AS schedule FROM touchline.lead_decision d
      WHERE d.workspace = ${workspace} AND d.work_schedule = s.id LIMIT 1) d`,
  );
  return new Map(
    found.map(({ id, schedule }) => [id, businessMinutes(JSON.parse(schedule) as WorkSchedule)]),
  );
}

/** Of hundredths of minutes; between two the one in the middle, rounded up; null: of none. */
export function medianMinutes(minutes: readonly number[]): number | null {
  const sorted = Float64Array.from(minutes, (each) => Math.round(each * 100)).sort();
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return below === undefined || above === undefined ? null : Math.round((below + above) / 2) / 100;
}
