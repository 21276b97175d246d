/** As JSON.stringify writes it, which json_build_object does not. */
const instant = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** With the secrets that sign, the oldest first, and the deliveries that are not delivered. */
export const LIST = `
  SELECT e.id, e.url, e.description, coalesce(e.event_types, '{}') AS "eventTypes", e.is_enabled AS enabled,
         e.disabled_reason AS "disabledReason", e.created_at AS "createdAt", e.updated_at AS "updatedAt",
         coalesce(s.secrets, '[]') AS secrets
  FROM touchline.webhook_endpoint e
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('id', id, 'createdAt', ${instant('created_at')}, 'expiresAt', ${instant('expires_at')})
                    ORDER BY created_at, id) AS secrets
    FROM touchline.webhook_secret WHERE endpoint = e.id AND (expires_at IS NULL OR expires_at > now())
  ) s ON true
  WHERE e.workspace = $1 AND ($2::text IS NULL OR e.id = $2)
  ORDER BY e.created_at, e.id`;

export const COUNT = `
  SELECT count(e.id)::int AS count FROM touchline.workspace w LEFT JOIN touchline.webhook_endpoint e ON e.workspace = w.slug
  WHERE w.slug = $1`;

export const LOCK_WORKSPACE = 'SELECT FROM touchline.workspace WHERE slug = $1 FOR UPDATE';

export const ADD = `
  INSERT INTO touchline.webhook_endpoint (workspace, url, description, event_types, start_position)
  VALUES ($1, $2, $3, $4, $5) RETURNING id`;

/** What is enabled again is tried at once, whatever went wrong before. */
export const CHANGE = `
  UPDATE touchline.webhook_endpoint
     SET url = coalesce($3, url), description = CASE WHEN $4 THEN $5 ELSE description END,
         event_types = CASE WHEN $6 THEN $7::text[] ELSE event_types END,
         is_enabled = coalesce($8, is_enabled),
         disabled_reason = CASE WHEN $8 THEN NULL WHEN NOT $8 THEN 'manual' ELSE disabled_reason END,
         consecutive_failures = CASE WHEN $8 OR $3 IS NOT NULL THEN 0 ELSE consecutive_failures END,
         updated_at = clock_timestamp()
   WHERE workspace = $1 AND id = $2`;

export const REMOVE = 'DELETE FROM touchline.webhook_endpoint WHERE workspace = $1 AND id = $2';

export const ADD_SECRET = 'INSERT INTO touchline.webhook_secret (endpoint, sealed) VALUES ($1, $2)';

export const EXPIRE_SECRETS = `
  UPDATE touchline.webhook_secret SET expires_at = now() + make_interval(secs => $2)
   WHERE endpoint = $1 AND (expires_at IS NULL OR expires_at > now() + make_interval(secs => $2))`;

/** The newest first: its signature is the first in the header. */
export const SEALED = `
  SELECT endpoint, array_agg(sealed ORDER BY created_at DESC, id) AS sealed
  FROM touchline.webhook_secret WHERE endpoint = ANY ($1) AND (expires_at IS NULL OR expires_at > now())
  GROUP BY endpoint`;
