import type pg from 'pg';
import { eventId } from '../src/domain/event-id.js';
import type { NewEvent, RecordedEvent } from '../src/domain/events.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import type { EventStore } from '../src/event-store/event-store.js';
import type { Projection } from '../src/subscriptions/subscription.js';

export interface TallyOptions {
  readonly version?: number;
  readonly after?: readonly string[];
  /** Called with each event before it is counted; throws to poison it. */
  readonly check?: (event: RecordedEvent) => void | Promise<void>;
  /** Called in the transaction, after the rows are written. */
  readonly written?: (upTo: bigint) => void | Promise<void>;
}

/**
 * Counts touchpoints by their first key, and keeps each position it saw under a unique key, so that an event applied twice
 * is an error. With `after` it insists that the other projection has the event already.
 */
export function tally(name: string, options: TallyOptions = {}): Projection {
  const { version = 1, after = [], check, written } = options;
  return {
    name,
    version,
    after,
    handles: ['TouchpointRecorded'],
    tables: [`${name}_seen`, `${name}_count`],
    async apply(batch, tx, { upTo }) {
      for (const event of batch) await check?.(event);
      const rows = batch.flatMap((event) =>
        event.type === 'TouchpointRecorded'
          ? [{ position: String(event.position), workspace: event.workspace, key: event.data.identity[0] }]
          : [],
      );
      for (const other of after)
        await insistOn(
          tx,
          other,
          rows.map(({ position }) => position),
        );
      await tx.query(
        `WITH r AS (SELECT * FROM jsonb_to_recordset($1) AS r (position bigint, workspace text, key text)),
              seen AS (INSERT INTO ${name}_seen SELECT position, workspace FROM r)
         INSERT INTO ${name}_count SELECT workspace, key, count(*) FROM r GROUP BY workspace, key
         ON CONFLICT (workspace, key) DO UPDATE SET events = ${name}_count.events + EXCLUDED.events`,
        [JSON.stringify(rows)],
      );
      await written?.(upTo);
    },
  };
}

async function insistOn(tx: pg.PoolClient, other: string, positions: readonly string[]): Promise<void> {
  const { rows } = await tx.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${other}_seen WHERE position = ANY ($1)`,
    [positions],
  );
  if (rows[0]?.count !== positions.length) throw new Error(`${other} is behind`);
}

export async function tallyTables(pool: pg.Pool, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await pool.query(`
      CREATE TABLE touchline.${name}_seen (position bigint PRIMARY KEY, workspace text);
      CREATE TABLE touchline.${name}_count (workspace text, key text, events bigint, PRIMARY KEY (workspace, key));
      SELECT touchline.add_read_model('${name}', '${name}_seen', '${name}_count')`);
  }
}

/** Empties the tallies, and what the runtime knows of subscriptions. */
export const forgetTallies = (pool: pg.Pool, ...names: readonly string[]): Promise<unknown> =>
  pool.query(`TRUNCATE touchline.projection, touchline.dead_letter, touchline.projection_runner;
    ${names.map((name) => `DELETE FROM touchline.${name}_seen; DELETE FROM touchline.${name}_count`).join('; ')}`);

/** @param workspace without one: of all */
export async function counts(
  pool: pg.Pool,
  name: string,
  workspace?: string,
): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ key: string; events: number }>(
    `SELECT key, events::int AS events FROM touchline.${name}_count
     WHERE $1::text IS NULL OR workspace = $1 ORDER BY workspace, key`,
    [workspace ?? null],
  );
  return Object.fromEntries(rows.map(({ key, events }) => [key, events]));
}

export async function seen(pool: pg.Pool, name: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM touchline.${name}_seen`,
  );
  return rows[0]?.count ?? 0;
}

let serial = 0;

export function touch(
  identity: readonly IdentityKey[],
  properties: Record<string, unknown> = {},
): NewEvent<'TouchpointRecorded'> {
  serial += 1;
  return {
    id: eventId('main', 'web', `m-${serial}-${process.pid}-${Math.random()}`),
    type: 'TouchpointRecorded',
    schemaVersion: 1,
    occurredAt: new Date(),
    data: { kind: 'page_view', channel: 'direct', identity, verdict: 'human', properties },
  };
}

/** Records the events in one batch, each to the stream of its first key. */
export async function append(
  store: EventStore,
  events: readonly NewEvent<'TouchpointRecorded'>[],
  workspace = 'main',
): Promise<void> {
  await store.record(
    events.map((event) => ({ workspace, stream: `touchpoints-${event.data.identity[0]}`, event })),
  );
}

/** `count` touchpoints, spread over `people` users. */
export const touches = (count: number, people = 10): NewEvent<'TouchpointRecorded'>[] =>
  Array.from({ length: count }, (_, index) => touch([`user:u-${index % people}`]));
