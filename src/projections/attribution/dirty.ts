import type { PoolClient } from 'pg';
import type { PositionRange } from '../../read-models/range.js';

/** The positions of the first and the last change in a batch that may have concerned the credits of an opportunity. */
export interface Dirty {
  readonly workspace: string;
  readonly opportunityId: string;
  readonly first: bigint;
  readonly last: bigint;
  /** An earlier batch left it to a later one. */
  readonly isDeferred?: true;
}

/** Of profiles only what attribution reads of them: that concerns every opportunity of the lead. */
const CHANGED = `
  SELECT workspace, lead_id, position, coalesce(touched_at, '-infinity') AS occurred_at
  FROM touchline.leads_changed($1, $2) WHERE touched_at IS NOT NULL OR membership_changed`;

/**
 * The changes that can concern an opportunity, lead by lead: a touchpoint after every opening and close that is known is
 * no touch of any, and in a log in the order of time that is nearly every new one.
 */
const RELEVANT = `
  WITH changed AS MATERIALIZED (${CHANGED}),
  horizon AS MATERIALIZED (
    SELECT workspace, (
      SELECT latest FROM opportunity_horizon known
      WHERE known.workspace = space.workspace AND known_from <= $2 ORDER BY known_from DESC LIMIT 1
    ) AS latest
    FROM (SELECT DISTINCT workspace FROM changed) space
  )
  SELECT changed.workspace, changed.lead_id, min(changed.position) AS first, max(changed.position) AS last,
    min(changed.occurred_at)::text AS earliest
  FROM changed JOIN horizon USING (workspace)
  WHERE changed.occurred_at <= horizon.latest
  GROUP BY changed.workspace, changed.lead_id`;

/**
 * The opportunities of relevant changes: by a key of the lead that is or was a contact of it, or, as long as it has no
 * contacts, by the lead's account. A touchpoint after both the opening and the close of an opportunity is none of its
 * touches. Changes are merged before each join, so the cost does not grow with changes times opportunities.
 */
const OF_CHANGES = `
  WITH relevant AS MATERIALIZED (
    SELECT * FROM unnest($3::text[], $4::uuid[], $5::bigint[], $6::bigint[], $7::timestamptz[])
      AS changed (workspace, lead_id, first, last, earliest)
  ),
  of_account AS MATERIALIZED (
    SELECT relevant.workspace, profile.account_id, min(first) AS first, max(last) AS last, min(earliest) AS earliest
    FROM relevant
    CROSS JOIN LATERAL (
      SELECT DISTINCT profile.account_id FROM lead_profile profile
      WHERE profile.workspace = relevant.workspace AND profile.lead_id = relevant.lead_id
        AND profile.account_id IS NOT NULL
        AND profile.known_from <= $2 AND (profile.superseded_at IS NULL OR profile.superseded_at > $1)
    ) profile
    GROUP BY relevant.workspace, profile.account_id
  ),
  concerned AS (
    SELECT relevant.workspace, contact.opportunity_id, first, last, earliest
    FROM relevant
    CROSS JOIN LATERAL (
      SELECT DISTINCT key.key FROM identity_key key
      WHERE key.workspace = relevant.workspace AND key.lead_id = relevant.lead_id
        AND key.known_from <= $2 AND (key.superseded_at IS NULL OR key.superseded_at > $1)
    ) key
    CROSS JOIN LATERAL (
      SELECT contact.opportunity_id FROM opportunity_contact_key contact
      WHERE contact.workspace = relevant.workspace AND contact.key = key.key OFFSET 0
    ) contact
    UNION ALL
    SELECT of_account.workspace, opportunity.opportunity_id, first, last, earliest
    FROM of_account
    CROSS JOIN LATERAL (
      SELECT DISTINCT opportunity.opportunity_id FROM opportunity opportunity
      WHERE opportunity.workspace = of_account.workspace AND opportunity.account_id = of_account.account_id
        AND opportunity.known_from <= $2 AND (opportunity.superseded_at IS NULL OR opportunity.superseded_at > $1)
    ) opportunity
    WHERE NOT EXISTS (
      SELECT FROM opportunity_contact seat
      WHERE seat.workspace = of_account.workspace AND seat.opportunity_id = opportunity.opportunity_id
        AND seat.known_from <= $1 AND seat.superseded_at IS NULL OFFSET 0
    )
  ),
  merged AS MATERIALIZED (
    SELECT workspace, opportunity_id, min(first) AS first, max(last) AS last, min(earliest) AS earliest
    FROM concerned GROUP BY workspace, opportunity_id
  )
  SELECT merged.workspace, merged.opportunity_id, merged.first, merged.last
  FROM merged
  CROSS JOIN LATERAL (
    SELECT max(greatest(opportunity.opened_at, opportunity.closed_at)) AS reference
    FROM opportunity opportunity
    WHERE opportunity.workspace = merged.workspace AND opportunity.opportunity_id = merged.opportunity_id
      AND opportunity.known_from <= $2 AND (opportunity.superseded_at IS NULL OR opportunity.superseded_at > $1)
  ) known
  WHERE merged.earliest <= known.reference`;

/** Which lead a contact's key means has changed. */
const OF_KEYS = `
  SELECT key.workspace, contact.opportunity_id, min(key.position) AS first, max(key.position) AS last
  FROM (
    SELECT workspace, key, known_from AS position FROM identity_key
    WHERE known_from > $1 AND known_from <= $2
    UNION ALL
    SELECT workspace, key, superseded_at FROM identity_key
    WHERE superseded_at > $1 AND superseded_at <= $2
  ) key
  CROSS JOIN LATERAL (
    SELECT contact.opportunity_id FROM opportunity_contact_key contact
    WHERE contact.workspace = key.workspace AND contact.key = key.key OFFSET 0
  ) contact
  GROUP BY key.workspace, contact.opportunity_id`;

interface RelevantRow {
  readonly workspace: string;
  readonly lead_id: string;
  readonly first: string;
  readonly last: string;
  readonly earliest: string;
}

interface DirtyRow {
  readonly workspace: string;
  readonly opportunity_id: string;
  readonly first: string;
  readonly last: string;
}

/** Opportunities that read-model changes in a range of the log concern; rather one too many than one too few. */
export async function dirtyByChanges(tx: PoolClient, { after, upTo }: PositionRange): Promise<Dirty[]> {
  const { rows: any } = await tx.query('SELECT FROM opportunity LIMIT 1');
  if (any.length === 0) return [];
  const range = [String(after), String(upTo)];
  const { rows: relevant } = await tx.query<RelevantRow>(RELEVANT, range);
  const { rows: byKeys } = await tx.query<DirtyRow>(OF_KEYS, range);
  const { rows: byChanges } =
    relevant.length === 0
      ? { rows: [] }
      : await tx.query<DirtyRow>(OF_CHANGES, [
          ...range,
          relevant.map(({ workspace }) => workspace),
          relevant.map(({ lead_id }) => lead_id),
          relevant.map(({ first }) => first),
          relevant.map(({ last }) => last),
          relevant.map(({ earliest }) => earliest),
        ]);
  return [...byChanges, ...byKeys].map(({ workspace, opportunity_id, first, last }) => ({
    workspace,
    opportunityId: opportunity_id,
    first: BigInt(first),
    last: BigInt(last),
  }));
}

/**
 * Every opportunity there is at `position`, for a model that attributes otherwise than the one before. If there are more than
 * `most`, none: all are left to later batches.
 */
export async function allOpportunities(
  tx: PoolClient,
  workspace: string,
  position: bigint,
  most: number,
): Promise<Dirty[]> {
  const { rows } = await tx.query<{ opportunity_id: string }>(
    `SELECT opportunity_id FROM opportunity
     WHERE workspace = $1 AND known_from <= $2 AND (superseded_at IS NULL OR superseded_at > $2)`,
    [workspace, String(position)],
  );
  if (rows.length > most) {
    const ids = rows.map(({ opportunity_id }) => opportunity_id);
    await tx.query(DEFER, [workspace, String(position), ids]);
    return [];
  }
  return rows.map(({ opportunity_id: opportunityId }) => ({
    workspace,
    opportunityId,
    first: position,
    last: position,
  }));
}

const DEFER = `
  INSERT INTO attribution_gap (workspace, opportunity_id, positions)
  SELECT $1, opportunity_id, int8range($2, NULL) FROM unnest($3::text[]) AS opportunity (opportunity_id)
  WHERE NOT EXISTS (
    SELECT FROM attribution_gap gap
    WHERE gap.workspace = $1 AND gap.opportunity_id = opportunity.opportunity_id AND upper_inf(gap.positions))`;

/** Opportunities whose credits earlier batches left to a later one, those that wait longest first. */
export async function deferred(tx: PoolClient, { upTo }: PositionRange, most: number): Promise<Dirty[]> {
  const { rows } = await tx.query<{ workspace: string; opportunity_id: string; first: string }>(
    `SELECT workspace, opportunity_id, lower(positions) AS first FROM attribution_gap
     WHERE upper_inf(positions) ORDER BY lower(positions), workspace, opportunity_id LIMIT $1`,
    [most],
  );
  return rows.map(({ workspace, opportunity_id: opportunityId, first }) => ({
    ...{ workspace, opportunityId, first: BigInt(first), last: upTo },
    isDeferred: true,
  }));
}

export async function hasDeferred(tx: PoolClient): Promise<boolean> {
  const { rows } = await tx.query('SELECT FROM attribution_gap WHERE upper_inf(positions) LIMIT 1');
  return rows.length > 0;
}
