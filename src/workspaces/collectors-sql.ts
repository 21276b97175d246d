/** As JavaScript writes times. */
const time = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Valid keys and secrets, each the oldest first. */
export const LIST = `
  SELECT c.id, c.name, c.format, c.settings, c.mapping, c.created_at AS "createdAt", c.updated_at AS "updatedAt",
         coalesce(k.keys, '[]') AS "writeKeys", coalesce(s.secrets, '[]') AS secrets
  FROM touchline.collector c
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('prefix', prefix, 'scope', scope, 'createdAt', ${time('created_at')}, 'expiresAt', ${time('expires_at')})
                    ORDER BY created_at, prefix) AS keys
    FROM touchline.write_key k
    WHERE k.workspace = c.workspace AND k.collector = c.name AND k.revoked_at IS NULL
      AND (k.expires_at IS NULL OR k.expires_at > now())
  ) k ON true
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('id', s.id, 'createdAt', ${time('created_at')}, 'expiresAt', ${time('expires_at')}) ORDER BY created_at, id) AS secrets
    FROM touchline.collector_secret s
    WHERE s.workspace = c.workspace AND s.collector = c.name AND (s.expires_at IS NULL OR s.expires_at > now())
  ) s ON true
  WHERE c.workspace = $1 AND ($2::text IS NULL OR c.id = $2 OR c.name = $2)
  ORDER BY c.created_at, c.name`;

export const UPDATE = `
  UPDATE touchline.collector
     SET format = CASE WHEN $3 THEN $4 ELSE format END, settings = coalesce($5::jsonb, settings),
         mapping = coalesce($6::jsonb, mapping), updated_at = clock_timestamp()
   WHERE workspace = $1 AND name = $2`;

export const EXPIRE_KEYS = `
  UPDATE touchline.write_key SET expires_at = now() + make_interval(secs => $4)
   WHERE workspace = $1 AND collector = $2 AND scope = $3 AND revoked_at IS NULL
     AND (expires_at IS NULL OR expires_at > now() + make_interval(secs => $4))`;

export const REVOKE_KEY = `
  UPDATE touchline.write_key SET revoked_at = now()
   WHERE workspace = $1 AND collector = $2 AND prefix = $3 AND revoked_at IS NULL`;

export const EXPIRE_SECRETS = `
  UPDATE touchline.collector_secret SET expires_at = now() + make_interval(secs => $3)
   WHERE workspace = $1 AND collector = $2 AND (expires_at IS NULL OR expires_at > now() + make_interval(secs => $3))`;

export const ADD_SECRET =
  'INSERT INTO touchline.collector_secret (workspace, collector, sealed) VALUES ($1, $2, $3)';

export const REMOVE_SECRET = `
  DELETE FROM touchline.collector_secret WHERE workspace = $1 AND collector = $2 AND id::text = $3`;

export const ADD_APP_IDS = `
  INSERT INTO touchline.collector_app_id (app_id, workspace, collector)
  SELECT unnest($3::text[]), $1, $2
  ON CONFLICT DO NOTHING
  RETURNING app_id`;
