import type pg from 'pg';

interface Size {
  readonly workspace: string;
  readonly opportunities: number;
  readonly touches: number;
}

/** Opportunities of 102.00 EUR each, won in February 2026 a second apart, credited evenly by `linear` and all to one touch by `first`. */
export async function writeLedger(pool: pg.Pool, { workspace, opportunities, touches }: Size): Promise<void> {
  const of = (element: string): string =>
    `ARRAY(SELECT ${element} FROM generate_series(1, $3::int) t ORDER BY t)`;
  await pool.query(
    `INSERT INTO touchline.attribution_path (workspace, opportunity_id, metric, credited_at, currency, amount_minor,
       reported_currency, reported_minor, committee, event_ids, lead_ids, occurred_at, milestones, content_ids,
       content_titles, channels, campaigns, sources, known_from)
     SELECT $1, 'o-' || lpad(o::text, greatest(5, length(o::text)), '0'), metric, timestamptz '2026-02-01 00:00Z' + o * interval '1 s', 'EUR', 10200,
       'EUR', 10200, 'contacts', ${of('gen_random_uuid()')}, ${of('gen_random_uuid()')},
       ${of(`timestamptz '2026-01-01 00:00Z' + t * interval '1 s'`)}, ${of('NULL::text')}, ${of(`'wp-' || t`)},
       ${of(`'Guide "' || t || '", ü'`)}, ${of(`CASE WHEN t % 2 = 0 THEN 'email' ELSE 'direct' END`)},
       ${of(`CASE WHEN t % 2 = 1 THEN 'spring' END`)}, ${of(`'newsletter'`)}, 1
     FROM generate_series(1, $2::int) o, unnest(ARRAY['revenue', 'pipeline']) metric`,
    [workspace, opportunities, touches],
  );
  const share = (even: string, single: string): string =>
    `CASE WHEN model = 'linear' THEN ${even} ELSE ${single} END`;
  const amounts = of(share('10200 / $3 + (t <= 10200 % $3)::int', 'CASE WHEN t = 1 THEN 10200 ELSE 0 END'));
  await pool.query(
    `INSERT INTO touchline.attribution_share (path_id, workspace, model, weights, amounts, reported, marks)
     SELECT path_id, workspace, model, ${of(share('1.0::float8 / $3', '(t = 1)::int::float8'))}, ${amounts}, ${amounts},
       ${of(share('31', 'CASE WHEN t = 1 THEN 31 ELSE 0 END'))}
     FROM touchline.attribution_path, unnest(ARRAY['linear', 'first']) model
     WHERE workspace = $1 AND $2::int > 0`,
    [workspace, opportunities, touches],
  );
}

export type CreditLine = Readonly<Record<string, unknown>>;

/** Lines of NDJSON. */
export const linesOf = (text: string): CreditLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CreditLine);

/** Of their minor units. */
export const sumOf = (lines: readonly CreditLine[]): number =>
  lines.reduce((sum, { minor }) => sum + Number(minor), 0);
