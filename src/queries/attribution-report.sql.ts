import type { ModelName } from '../domain/attribution/models.js';
import { trueAt } from './read-models.js';
import { allOf, join, raw, sql, type Sql } from './sql.js';

export type Metric = 'pipeline' | 'revenue';

/**
 * What a report can be cut by: how a touch says its key, and the bit in `marks` of the first credited touch of an
 * opportunity that says it.
 */
const CUT = {
  content: { key: raw('unnest(path.content_ids)'), mark: 2 },
  channel: { key: raw('unnest(path.channels)'), mark: 4 },
  campaign: { key: raw('unnest(path.campaigns)'), mark: 8 },
  source: { key: raw('unnest(path.sources)'), mark: 16 },
  month: undefined,
} as const;
export type Cut = keyof typeof CUT;
export const CUTS = Object.keys(CUT) as readonly Cut[];

/** `from` and `to` are half-open; `timeZone` says where a month begins. */
export interface ReportQuestion {
  readonly workspace: string;
  readonly metric: Metric;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly asOf: bigint;
  readonly timeZone: string;
}

/** The opportunities that count, with what they are worth. One path each at any position. */
export const pathsOf = ({ workspace, metric, from, to, asOf }: ReportQuestion): Sql =>
  allOf([
    sql`path.workspace = ${workspace} AND path.metric = ${metric}`,
    from && sql`path.credited_at >= ${from}`,
    to && sql`path.credited_at < ${to}`,
    trueAt('path', asOf),
  ]);

/** Sums of bigint columns are numeric and come as text. */
export interface TotalsRow {
  readonly total: string;
  readonly attributed: string;
  readonly unattributed: string;
  readonly opportunities: string;
  readonly unconverted: string;
}

/** `total = attributed + unattributed`, in the reporting currency; `unconverted` counts deals without a known rate. */
export const attributionTotals = (question: ReportQuestion): Sql => sql`
  SELECT
    coalesce(sum(path.reported_minor), 0) AS total,
    coalesce(sum(path.reported_minor) FILTER (WHERE cardinality(path.event_ids) > 0), 0) AS attributed,
    coalesce(sum(path.reported_minor) FILTER (WHERE cardinality(path.event_ids) = 0), 0) AS unattributed,
    count(path.reported_minor) AS opportunities,
    count(*) FILTER (WHERE path.reported_minor IS NULL) AS unconverted
  FROM touchline.attribution_path path
  WHERE ${pathsOf(question)}`;

export interface CreditRow {
  /** In the order of the cuts asked for; null: the touch has none. */
  readonly keys: readonly (string | null)[];
  /** Title, where content is asked for. */
  readonly label: string | null;
  readonly value_minor: string;
  readonly opportunities: string;
  readonly touches: string;
}

/**
 * Credits of one model added up by the cuts, most first, as far as a rate is known.
 *
 * Measured on 10,000 opportunities with 30 touches each, nine models and both metrics in the ledger (2 cores, all in
 * memory): see docs/attribution.md. One cut reads the marks and groups once; several group by opportunity first.
 */
export function attributionReport(question: ReportQuestion, model: ModelName, by: readonly Cut[]): Sql {
  const [only, ...more] = by;
  const cut = only && more.length === 0 ? CUT[only] : undefined;
  return cut ? byOneCut(question, model, cut) : byCuts(question, model, by);
}

function byOneCut(question: ReportQuestion, model: ModelName, cut: { key: Sql; mark: number }): Sql {
  return sql`
    SELECT ARRAY[key] AS keys, max(label COLLATE "C") AS label, sum(value) AS value_minor,
      count(*) FILTER (WHERE mark & ${cut.mark} <> 0) AS opportunities, count(*) AS touches
    FROM (
      SELECT ${cut.key} AS key, ${labelOf(cut === CUT.content)} AS label,
        unnest(share.reported) AS value, unnest(share.marks)::int AS mark
      ${sharedPaths(question, model)}
    ) credit
    WHERE mark & 1 <> 0
    GROUP BY key
    ORDER BY value_minor DESC, key COLLATE "C"`;
}

function byCuts(question: ReportQuestion, model: ModelName, by: readonly Cut[]): Sql {
  const names = by.map((_, index) => raw(`key${index}`));
  const keys = by.map((cut, index) => sql`${keyOf(cut, question.timeZone)} AS ${names[index]}`);
  const columns = join(names, ', ');
  return sql`
    SELECT ARRAY[${columns}] AS keys, max(label) AS label, sum(value) AS value_minor,
      count(*) AS opportunities, sum(touches) AS touches
    FROM (
      SELECT path_id, ${columns}, max(label COLLATE "C") AS label, sum(value) AS value, count(*) AS touches
      FROM (
        SELECT path.path_id, ${join(keys, ', ')}, ${labelOf(by.includes('content'))} AS label,
          unnest(share.reported) AS value, unnest(share.marks)::int AS mark
        ${sharedPaths(question, model)}
      ) credit
      WHERE mark & 1 <> 0
      GROUP BY path_id, ${columns}
    ) opportunity
    GROUP BY ${columns}
    ORDER BY value_minor DESC, ${join(
      names.map((name) => sql`${name} COLLATE "C"`),
      ', ',
    )}`;
}

const sharedPaths = (question: ReportQuestion, model: ModelName): Sql => sql`
  FROM touchline.attribution_path path
  JOIN touchline.attribution_share share ON share.path_id = path.path_id AND share.model = ${model}
  WHERE ${pathsOf(question)} AND path.reported_minor IS NOT NULL`;

const labelOf = (content: boolean): Sql => (content ? raw('unnest(path.content_titles)') : raw('NULL::text'));

const keyOf = (cut: Cut, timeZone: string): Sql =>
  CUT[cut]?.key ?? sql`to_char(path.credited_at AT TIME ZONE ${timeZone}, 'YYYY-MM')`;
