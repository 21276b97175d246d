/** Statements of the table of rejected input. */

/** Counted for a row beside what it holds, in bytes: many small ones fill a disk, too. */
export const ROW_BYTES = 500;

/** Bytes of a row; reads only the lengths that lie in it. */
export const SIZE = `(octet_length(payload) + coalesce(octet_length(sent), 0) + coalesce(octet_length(corrected), 0) + ${ROW_BYTES})`;

export const KEEP = `
  INSERT INTO touchline.rejected (workspace, collector, call, received_at, id, format, unit, payload, payload_bytes,
                                  encoding, charset, message_id, code, message, path, key_scope, sent, source)
  SELECT kept.*
  FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[], $8::bytea[],
              $9::integer[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
              $16::text[], $17::bytea[], $18::text[]) AS kept
  ON CONFLICT DO NOTHING`;

export const REMOVE_OLD = `
  WITH removed AS (
    DELETE FROM touchline.rejected WHERE kept_at < now() - make_interval(secs => $1) RETURNING workspace
  )
  SELECT workspace, 'age' AS why, count(*)::int AS rows FROM removed GROUP BY workspace ORDER BY workspace`;

/** What was replayed goes first. Reads the order only of workspaces that are over. */
export const REMOVE_LARGE = `
  WITH over AS (
    SELECT workspace FROM touchline.rejected
    GROUP BY workspace HAVING sum(${SIZE}) > $1::bigint
  ), sized AS (
    SELECT workspace, number, sum(${SIZE}) OVER (PARTITION BY workspace
                                                    ORDER BY replayed_at IS NOT NULL, number DESC) AS newer
    FROM touchline.rejected WHERE workspace IN (SELECT workspace FROM over)
  ), removed AS (
    DELETE FROM touchline.rejected AS row USING sized
    WHERE row.workspace = sized.workspace AND row.number = sized.number AND sized.newer > $1::bigint
    RETURNING row.workspace
  )
  SELECT workspace, 'size' AS why, count(*)::int AS rows FROM removed GROUP BY workspace ORDER BY workspace`;

/** Rows up to a number and up to a size: the running sum reads only the lengths that lie in the rows. */
const page = (comparison: '<' | '>', direction: 'DESC' | 'ASC'): string => `
  SELECT * FROM (
    SELECT row.*, sum(octet_length(row.payload) + coalesce(octet_length(row.sent), 0) + coalesce(octet_length(row.corrected), 0)) OVER (ORDER BY row.number ${direction}) AS so_far,
           row_number() OVER (ORDER BY row.number ${direction}) AS nth
    FROM (
      SELECT * FROM touchline.rejected
      WHERE workspace = $1
        AND ($2 = 'all' OR ($2 = 'open') = (replayed_at IS NULL))
        AND ($3::text IS NULL OR code = $3)
        AND ($8::text IS NULL OR collector = $8)
        AND ($4::uuid[] IS NULL OR id = ANY ($4))
        AND ($5::bigint IS NULL OR number ${comparison} $5)
      ORDER BY number ${direction}
      LIMIT $6
    ) AS row
  ) AS page
  WHERE so_far <= $7 OR nth = 1
  ORDER BY number ${direction}`;
export const NEWEST = page('<', 'DESC');
export const OLDEST = page('>', 'ASC');

export const SAVE_REPLAYS = `
  UPDATE touchline.rejected AS row
  SET attempts = row.attempts + 1,
      replayed_at = CASE WHEN result.code IS NULL THEN $2::timestamptz END,
      position = result.position,
      code = coalesce(result.code, row.code),
      message = coalesce(result.message, row.message),
      path = CASE WHEN result.code IS NULL THEN row.path ELSE result.path END
  FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[]) AS result (id, position, code, message, path)
  WHERE row.workspace = $1 AND row.id = result.id AND row.replayed_at IS NULL`;

export const SAVE_CORRECTIONS = `
  UPDATE touchline.rejected AS row
  SET corrected = edit.corrected, corrected_at = $2
  FROM unnest($3::uuid[], $4::bytea[]) AS edit (id, corrected)
  WHERE row.workspace = $1 AND row.id = edit.id AND row.replayed_at IS NULL`;
