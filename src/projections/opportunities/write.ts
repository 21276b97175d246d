import type { PoolClient } from 'pg';
import type { EventType, RecordedEvent } from '../../domain/events.js';
import type { OpportunityEvent } from '../../domain/opportunity.js';
import type { ContactRow, OpportunityRow } from './rows.js';

type Event = RecordedEvent<Extract<EventType, OpportunityEvent['type']>>;
type Table = 'touchline.opportunity' | 'touchline.opportunity_contact' | 'touchline.opportunity_stage';

/** Workspaces and ids of the opportunities of a batch, each once. */
export function opportunityIds(events: readonly Event[]): [workspaces: string[], ids: string[]] {
  const ids = new Map(
    events.map(({ workspace, data: { opportunityId } }) => [
      `${workspace}\0${opportunityId}`,
      [workspace, opportunityId] as const,
    ]),
  );
  return [[...ids.values()].map(([workspace]) => workspace), [...ids.values()].map(([, id]) => id)];
}

export async function currentRows<Row extends object>(
  tx: PoolClient,
  table: Table,
  events: readonly Event[],
): Promise<Row[]> {
  const { rows } = await tx.query<Row>(
    `SELECT * FROM ${table} WHERE superseded_at IS NULL
       AND (workspace, opportunity_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
    opportunityIds(events),
  );
  return rows;
}

export async function writeVersions(
  tx: PoolClient,
  table: Table,
  columns: readonly string[],
  { ended, added }: { ended: readonly object[]; added: readonly object[] },
): Promise<void> {
  const same = ['workspace', ...columns, 'known_from'].map((column) => `stored.${column} = ended.${column}`);
  if (ended.length > 0) {
    await tx.query(
      `UPDATE ${table} stored SET superseded_at = ended.superseded_at
       FROM jsonb_populate_recordset(NULL::${table}, $1) ended WHERE ${same.join(' AND ')}`,
      [JSON.stringify(ended)],
    );
  }
  if (added.length > 0) {
    await tx.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(added),
    ]);
  }
}

export async function writeContactKeys(tx: PoolClient, contacts: readonly ContactRow[]): Promise<void> {
  if (contacts.length === 0) return;
  await tx.query(
    `INSERT INTO touchline.opportunity_contact_key
     SELECT DISTINCT workspace, unnest(keys), opportunity_id
     FROM jsonb_populate_recordset(NULL::touchline.opportunity_contact, $1)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(contacts)],
  );
}

/** An opportunity that was parked and comes late may move on what later events left where it was. */
export async function writeHorizon(tx: PoolClient, opportunities: readonly OpportunityRow[]): Promise<void> {
  if (opportunities.length === 0) return;
  await tx.query(
    `WITH added AS (
       SELECT workspace, known_from, greatest(opened_at, closed_at) AS at, max(greatest(opened_at, closed_at))
         OVER (PARTITION BY workspace ORDER BY known_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
       FROM jsonb_populate_recordset(NULL::touchline.opportunity, $1)
     ), moved AS (
       SELECT workspace, known_from, at FROM added WHERE at > coalesce(greatest(before, (
         SELECT latest FROM touchline.opportunity_horizon known
         WHERE known.workspace = added.workspace AND known.known_from < added.known_from ORDER BY known.known_from DESC LIMIT 1
       )), '-infinity')
     ), overtaken AS (
       DELETE FROM touchline.opportunity_horizon known USING moved
       WHERE known.workspace = moved.workspace AND known.known_from > moved.known_from AND known.latest <= moved.at
     )
     INSERT INTO touchline.opportunity_horizon SELECT workspace, known_from, at FROM moved`,
    [JSON.stringify(opportunities)],
  );
}
