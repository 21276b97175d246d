import type { PoolClient } from 'pg';
import type { Range } from '../../subscriptions/subscription.js';

/** An opportunity whose credits may have changed with the event at a position. */
export interface Dirty {
  readonly workspace: string;
  readonly opportunityId: string;
  readonly position: bigint;
}

/**
 * Rows of lead `lead` that concern a deal: by a key that is or was a contact of it, or, as long as the deal has no
 * contacts, by its account. Inner queries are fenced (OFFSET 0) so that the planner looks each lead up by index however
 * little it knows of the tables.
 */
const CONCERNED = `
  SELECT lead.workspace, lead.lead_id, contact.opportunity_id
  FROM lead
  CROSS JOIN LATERAL (
    SELECT key.key FROM touchline.identity_key key
    WHERE key.workspace = lead.workspace AND key.lead_id = lead.lead_id
      AND key.known_from <= $2 AND (key.superseded_at IS NULL OR key.superseded_at > $1) OFFSET 0
  ) key
  CROSS JOIN LATERAL (
    SELECT contact.opportunity_id FROM touchline.opportunity_contact_key contact
    WHERE contact.workspace = lead.workspace AND contact.key = key.key OFFSET 0
  ) contact
  UNION
  SELECT lead.workspace, lead.lead_id, deal.opportunity_id
  FROM lead
  CROSS JOIN LATERAL (
    SELECT profile.account_id FROM touchline.lead_profile profile
    WHERE profile.workspace = lead.workspace AND profile.lead_id = lead.lead_id AND profile.account_id IS NOT NULL
      AND profile.known_from <= $2 AND (profile.superseded_at IS NULL OR profile.superseded_at > $1) OFFSET 0
  ) profile
  CROSS JOIN LATERAL (
    SELECT deal.opportunity_id FROM touchline.opportunity deal
    WHERE deal.workspace = lead.workspace AND deal.account_id = profile.account_id
      AND deal.known_from <= $2 AND (deal.superseded_at IS NULL OR deal.superseded_at > $1)
      AND NOT EXISTS (
        SELECT FROM touchline.opportunity_contact seat
        WHERE seat.workspace = deal.workspace AND seat.opportunity_id = deal.opportunity_id
          AND seat.known_from <= $1 AND seat.superseded_at IS NULL
      ) OFFSET 0
  ) deal`;

/** Journey rows that began or ended. Profiles that began or ended, where attribution reads them. */
const CHANGED = `
  SELECT workspace, lead_id, known_from AS position, occurred_at FROM touchline.journey
  WHERE known_from > $1 AND known_from <= $2
  UNION ALL
  SELECT workspace, lead_id, superseded_at, occurred_at FROM touchline.journey
  WHERE superseded_at > $1 AND superseded_at <= $2
  UNION ALL
  SELECT profile.workspace, profile.lead_id, profile.known_from, NULL FROM touchline.lead_profile profile
  LEFT JOIN touchline.lead_profile before
    ON before.workspace = profile.workspace AND before.lead_id = profile.lead_id
    AND before.superseded_at = profile.known_from
  WHERE profile.known_from > $1 AND profile.known_from <= $2
    AND (profile.known_at, profile.account_id) IS DISTINCT FROM (before.known_at, before.account_id)
  UNION ALL
  SELECT profile.workspace, profile.lead_id, profile.superseded_at, NULL FROM touchline.lead_profile profile
  WHERE profile.superseded_at > $1 AND profile.superseded_at <= $2
    AND NOT EXISTS (
      SELECT FROM touchline.lead_profile next
      WHERE next.workspace = profile.workspace AND next.lead_id = profile.lead_id
        AND next.known_from = profile.superseded_at
    )`;

/**
 * The changes that can concern a deal: a touchpoint after every opening and close that is known is no touch of any, and
 * in a log in the order of time that is nearly every new one.
 */
const RELEVANT = `
  WITH changed AS MATERIALIZED (${CHANGED}),
  horizon AS MATERIALIZED (
    SELECT workspace, (
      SELECT latest FROM touchline.opportunity_horizon known
      WHERE known.workspace = space.workspace AND known_from <= $2 ORDER BY known_from DESC LIMIT 1
    ) AS latest
    FROM (SELECT DISTINCT workspace FROM changed) space
  )
  SELECT changed.workspace, changed.lead_id, changed.position, changed.occurred_at
  FROM changed JOIN horizon USING (workspace)
  WHERE horizon.latest IS NOT NULL AND (changed.occurred_at IS NULL OR changed.occurred_at <= horizon.latest)`;

/** Which lead a contact's key means has changed. */
const KEYS = `
  SELECT key.workspace, contact.opportunity_id, key.position
  FROM (
    SELECT workspace, key, known_from AS position FROM touchline.identity_key
    WHERE known_from > $1 AND known_from <= $2
    UNION ALL
    SELECT workspace, key, superseded_at FROM touchline.identity_key
    WHERE superseded_at > $1 AND superseded_at <= $2
  ) key
  CROSS JOIN LATERAL (
    SELECT contact.opportunity_id FROM touchline.opportunity_contact_key contact
    WHERE contact.workspace = key.workspace AND contact.key = key.key OFFSET 0
  ) contact`;

/** The deals of relevant changes. A touchpoint after both the opening and the close of a deal is none of its touches. */
const OF_CHANGES = `
  WITH relevant AS MATERIALIZED (
    SELECT * FROM unnest($3::text[], $4::uuid[], $5::bigint[], $6::timestamptz[])
      AS changed (workspace, lead_id, position, occurred_at)
  ),
  lead AS MATERIALIZED (SELECT DISTINCT workspace, lead_id FROM relevant),
  concerned AS MATERIALIZED (${CONCERNED})
  SELECT DISTINCT relevant.workspace, concerned.opportunity_id, relevant.position
  FROM relevant
  JOIN concerned USING (workspace, lead_id)
  CROSS JOIN LATERAL (
    SELECT max(greatest(deal.opened_at, deal.closed_at)) AS reference FROM touchline.opportunity deal
    WHERE deal.workspace = concerned.workspace AND deal.opportunity_id = concerned.opportunity_id
      AND deal.known_from <= $2 AND (deal.superseded_at IS NULL OR deal.superseded_at > $1)
  ) deal
  WHERE relevant.occurred_at IS NULL OR relevant.occurred_at <= deal.reference`;

interface RelevantRow {
  workspace: string;
  lead_id: string;
  position: string;
  occurred_at: Date | null;
}

interface DirtyRow {
  workspace: string;
  opportunity_id: string;
  position: string;
}

/** Deals that read-model changes in a range of the log concern; rather one too many than one too few. */
export async function dirtyByChanges(tx: PoolClient, { after, upTo }: Range): Promise<Dirty[]> {
  const { rows: any } = await tx.query('SELECT FROM touchline.opportunity LIMIT 1');
  if (any.length === 0) return [];
  const range = [String(after), String(upTo)];
  const { rows: relevant } = await tx.query<RelevantRow>(RELEVANT, range);
  const { rows: byKeys } = await tx.query<DirtyRow>(KEYS, range);
  const { rows: byChanges } =
    relevant.length === 0
      ? { rows: [] }
      : await tx.query<DirtyRow>(OF_CHANGES, [
          ...range,
          relevant.map(({ workspace }) => workspace),
          relevant.map(({ lead_id }) => lead_id),
          relevant.map(({ position }) => position),
          relevant.map(({ occurred_at }) => occurred_at),
        ]);
  return [...byChanges, ...byKeys].map(({ workspace, opportunity_id, position }) => ({
    workspace,
    opportunityId: opportunity_id,
    position: BigInt(position),
  }));
}

/** Every deal there is at `position`, for a model that attributes otherwise than the one before. */
export async function allDeals(tx: PoolClient, workspace: string, position: bigint): Promise<Dirty[]> {
  const { rows } = await tx.query<{ opportunity_id: string }>(
    `SELECT opportunity_id FROM touchline.opportunity
     WHERE workspace = $1 AND known_from <= $2 AND (superseded_at IS NULL OR superseded_at > $2)`,
    [workspace, String(position)],
  );
  return rows.map(({ opportunity_id }) => ({ workspace, opportunityId: opportunity_id, position }));
}
