import type pg from 'pg';
import type { Position } from '../domain/events.js';
import type { Subscription } from './subscription.js';
import { Fenced } from './batch-transaction.js';

export type SubscriptionStatus = 'running' | 'rebuilding' | 'failed';

/** Where one subscription stands. */
export interface Checkpoint {
  readonly name: string;
  readonly version: number;
  readonly position: Position;
  readonly status: SubscriptionStatus;
  readonly error: string | null;
  /** Set while it is rebuilt: its rows may be read again from there on. */
  readonly rebuildTo: Position | null;
  readonly owner: string | null;
}

/** The right to move one subscription, as long as nobody raises its epoch. */
export interface Lease {
  readonly name: string;
  readonly epoch: string;
  readonly position: Position;
  /** False: a rebuild was asked for, and the old rows are still there. */
  readonly emptied: boolean;
}

const LEASE_UNTIL = (parameter: string): string => `clock_timestamp() + ${parameter}::int * interval '1 ms'`;

/** Reads and moves the rows of touchline.projection. All times are the database's: clocks of processes may differ. */
export class Checkpoints {
  constructor(
    private readonly pool: pg.Pool,
    readonly owner: string,
    readonly leaseMs: number,
  ) {}

  /**
   * Takes the subscription when nobody holds it or its lease is past; undefined when somebody does, or when the rows are
   * of another version than this code makes (during an upgrade).
   *
   * @param patienceMs how long the lease must have been past
   */
  async acquire({ name, version }: Subscription, patienceMs = 0): Promise<Lease | undefined> {
    // SKIP LOCKED: a frozen process may hold the row until the server ends its session.
    const { rows } = await this.pool.query<{ epoch: string; position: string; emptied: boolean }>(
      `UPDATE touchline.projection SET epoch = epoch + 1, owner = $1, lease_until = ${LEASE_UNTIL('$2')}
       WHERE name = (
         SELECT name FROM touchline.projection
         WHERE name = $3 AND version = $4 AND (
           owner = $1 OR lease_until IS NULL OR lease_until < clock_timestamp() - $5::int * interval '1 ms')
         FOR UPDATE SKIP LOCKED)
       RETURNING epoch, position, emptied`,
      [this.owner, this.leaseMs, name, version, patienceMs],
    );
    const row = rows[0];
    return row && { name, epoch: row.epoch, position: BigInt(row.position), emptied: row.emptied };
  }

  /** @throws Fenced */
  async assertHeld({ name, epoch }: Lease): Promise<void> {
    const { rowCount } = await this.pool.query(
      'SELECT FROM touchline.projection WHERE name = $1 AND epoch = $2',
      [name, epoch],
    );
    if (rowCount !== 1) throw new Fenced(name);
  }

  /** The same, and so it stays until the transaction or its session ends: nobody can take the lease meanwhile. @throws Fenced */
  async hold(tx: pg.PoolClient, { name, epoch, position }: Lease): Promise<void> {
    const { rowCount } = await tx.query(
      'SELECT FROM touchline.projection WHERE name = $1 AND epoch = $2 AND position = $3 AND emptied FOR UPDATE',
      [name, epoch, String(position)],
    );
    if (rowCount !== 1) throw new Fenced(name);
  }

  /** Moves the checkpoint in the transaction of the rows. @throws Fenced */
  async advance(tx: pg.PoolClient, lease: Lease, upTo: Position): Promise<Lease> {
    const { rowCount } = await tx.query(
      `UPDATE touchline.projection
       SET position = $4, lease_until = ${LEASE_UNTIL('$5')}, updated_at = clock_timestamp(), error = NULL,
           status = CASE WHEN rebuild_to > $4 THEN 'rebuilding' ELSE 'running' END,
           rebuild_to = CASE WHEN rebuild_to > $4 THEN rebuild_to END
       WHERE name = $1 AND epoch = $2 AND position = $3 AND emptied`,
      [lease.name, lease.epoch, String(lease.position), String(upTo), this.leaseMs],
    );
    if (rowCount !== 1) throw new Fenced(lease.name);
    return { ...lease, position: upTo };
  }

  /** Records that the tables are empty, in the transaction that emptied them. @throws Fenced */
  async emptied(tx: pg.PoolClient, lease: Lease): Promise<Lease> {
    const { rows } = await tx.query<{ position: string }>(
      `UPDATE touchline.projection
       SET emptied = true, position = start_position, lease_until = ${LEASE_UNTIL('$3')}, updated_at = clock_timestamp(),
           status = CASE WHEN rebuild_to > start_position THEN 'rebuilding' ELSE 'running' END,
           rebuild_to = CASE WHEN rebuild_to > start_position THEN rebuild_to END
       WHERE name = $1 AND epoch = $2 AND NOT emptied
       RETURNING position`,
      [lease.name, lease.epoch, this.leaseMs],
    );
    if (!rows[0]) throw new Fenced(lease.name);
    return { ...lease, position: BigInt(rows[0].position), emptied: true };
  }

  /** Shows why a subscription does not move; the next batch that succeeds wipes it. */
  async fail(name: string, error: string): Promise<void> {
    await this.pool.query(
      `UPDATE touchline.projection SET status = 'failed', error = $2, updated_at = clock_timestamp()
       WHERE name = $1 AND owner = $3`,
      [name, error.slice(0, 1_000), this.owner],
    );
  }

  /** Holds on to everything this process owns. What a batch has locked just now is held by it, and renewed at its end. */
  async renew(): Promise<void> {
    await this.pool.query(
      `UPDATE touchline.projection SET lease_until = ${LEASE_UNTIL('$2')}
       WHERE name IN (SELECT name FROM touchline.projection WHERE owner = $1 FOR UPDATE SKIP LOCKED)`,
      [this.owner, this.leaseMs],
    );
  }

  /** Lets the named subscriptions go at once, so that nobody waits for their leases to pass. */
  async release(names: readonly string[]): Promise<void> {
    await this.pool.query(
      `UPDATE touchline.projection SET owner = NULL, lease_until = clock_timestamp() WHERE owner = $1 AND name = ANY ($2)`,
      [this.owner, names],
    );
  }

  /**
   * Says that this process takes part, and answers how many do, itself included. Those that run other subscriptions, or
   * other versions of them, have no share in these.
   */
  async heartbeat(): Promise<number> {
    const { rows } = await this.pool.query<{ runners: number }>(
      `WITH gone AS (DELETE FROM touchline.projection_runner WHERE seen_until < clock_timestamp() AND owner <> $1),
            me AS (INSERT INTO touchline.projection_runner VALUES ($1, ${LEASE_UNTIL('$2')})
                   ON CONFLICT (owner) DO UPDATE SET seen_until = EXCLUDED.seen_until)
       SELECT 1 + count(*)::int AS runners FROM touchline.projection_runner
       WHERE owner <> $1 AND seen_until >= clock_timestamp() AND split_part(owner, '/', 4) = split_part($1, '/', 4)`,
      [this.owner, this.leaseMs],
    );
    return rows[0]?.runners ?? 1;
  }

  /** Processes that hold a lease now. */
  async owners(): Promise<string[]> {
    const { rows } = await this.pool.query<{ owner: string }>(
      'SELECT DISTINCT owner FROM touchline.projection WHERE owner IS NOT NULL',
    );
    return rows.map(({ owner }) => owner);
  }

  /** Ends the leases of processes that are known to be gone. */
  async expire(owners: readonly string[]): Promise<void> {
    await this.pool.query(
      'UPDATE touchline.projection SET owner = NULL, lease_until = NULL WHERE owner = ANY ($1)',
      [owners],
    );
    await this.pool.query('DELETE FROM touchline.projection_runner WHERE owner = ANY ($1)', [owners]);
  }

  async leave(): Promise<void> {
    await this.pool.query('DELETE FROM touchline.projection_runner WHERE owner = $1', [this.owner]);
  }
}

/** The checkpoints of the named subscriptions, or of all. */
export async function readCheckpoints(
  database: pg.Pool | pg.ClientBase,
  names?: readonly string[],
): Promise<Checkpoint[]> {
  const { rows } = await database.query<
    Omit<Checkpoint, 'position' | 'rebuildTo'> & { position: string; rebuildTo: string | null }
  >(
    `SELECT name, version, position, status, error, rebuild_to AS "rebuildTo", owner FROM touchline.projection
     WHERE $1::text[] IS NULL OR name = ANY ($1) ORDER BY name`,
    [names ?? null],
  );
  return rows.map((row) => ({
    ...row,
    position: BigInt(row.position),
    rebuildTo: row.rebuildTo === null ? null : BigInt(row.rebuildTo),
  }));
}
