import type pg from 'pg';
import type { Position } from '../domain/events.js';
import type { Subscription } from './subscription.js';
import { Fenced } from './batch-transaction.js';
import { type BuildKey, searchPath } from './build-schema.js';

/** Which build of a projection: the one that readers see, or the one that is to replace it. A reactor has a live one only. */
export type Slot = 'live' | 'next';

/** The right to move one build of a subscription, as long as nobody raises its epoch. */
export interface Lease extends BuildKey {
  readonly epoch: string;
  readonly position: Position;
  /** False: the tables of the build are not there yet. */
  readonly prepared: boolean;
  /** Builds of one rebuild become live together; null: it is live. */
  readonly rebuild: string | null;
  /** It has the rows of this workspace alone, and is to replace those that the live build has of it; null: of all. */
  readonly workspace: string | null;
  /** Where the tables that the subscription names are found, as a setting of PostgreSQL. */
  readonly searchPath: string;
}

interface AcquiredRow {
  readonly build: string;
  readonly epoch: string;
  readonly position: string;
  readonly prepared: boolean;
  readonly rebuild: string | null;
  readonly workspace: string | null;
  /** Builds of the same rebuild, itself left out. */
  readonly beside: readonly BuildKey[];
}

const LEASE_UNTIL = (parameter: string): string => `clock_timestamp() + ${parameter}::int * interval '1 ms'`;

/** The rate of a rebuild is measured over so many seconds. */
const RATE_SECONDS = 2;

/** SET of a statement that moves a checkpoint to $4. */
const MEASURED = `
  rate = CASE WHEN rate_at > clock_timestamp() - interval '${RATE_SECONDS} s' THEN rate
              ELSE ($4 - rate_position) / extract(epoch FROM clock_timestamp() - rate_at) END,
  rate_position = CASE WHEN rate_at > clock_timestamp() - interval '${RATE_SECONDS} s' THEN rate_position ELSE $4 END,
  rate_at = CASE WHEN rate_at > clock_timestamp() - interval '${RATE_SECONDS} s' THEN rate_at ELSE clock_timestamp() END`;

/** The statements of each batch are prepared: planning them costs more than running them. */
const ASSERT_HELD = {
  name: 'checkpoint-assert-held',
  text: 'SELECT FROM touchline.projection WHERE name = $1 AND build = $2 AND epoch = $3',
};
const HOLD = {
  name: 'checkpoint-hold',
  text: `SELECT FROM touchline.projection
    WHERE name = $1 AND build = $2 AND epoch = $3 AND position = $4 AND prepared FOR UPDATE`,
};
const ADVANCE = {
  name: 'checkpoint-advance',
  text: `UPDATE touchline.projection
    SET position = $4, lease_until = ${LEASE_UNTIL('$5')}, updated_at = clock_timestamp(), error = NULL,
        status = CASE WHEN rebuild_to > $4 OR NOT is_live THEN 'rebuilding' ELSE 'running' END,
        rebuild_to = CASE WHEN rebuild_to > $4 THEN rebuild_to END, ${MEASURED}
    WHERE name = $1 AND epoch = $2 AND position = $3 AND build = $6 AND prepared`,
};

/** Reads and moves the rows of touchline.projection. All times are the database's: clocks of processes may differ. */
export class Checkpoints {
  constructor(
    private readonly pool: pg.Pool,
    readonly owner: string,
    readonly leaseMs: number,
  ) {}

  /**
   * Takes the subscription when nobody holds it or its lease is past; undefined when somebody does, when there is no such
   * build or it is paused, or when the rows are of another version than this code makes (during an upgrade).
   *
   * @param patienceMs how long the lease must have been past
   */
  async acquire(
    { name, version, after }: Subscription,
    patienceMs = 0,
    slot: Slot = 'live',
  ): Promise<Lease | undefined> {
    // SKIP LOCKED: a frozen process may hold the row until the server ends its session.
    const { rows } = await this.pool.query<AcquiredRow>(
      `UPDATE touchline.projection mine SET epoch = epoch + 1, owner = $1, lease_until = ${LEASE_UNTIL('$2')}
       WHERE (name, build) = (
         SELECT name, build FROM touchline.projection
         WHERE name = $3 AND version = $4 AND is_live = $6
           AND (owner = $1 OR lease_until IS NULL OR lease_until < clock_timestamp() - $5::int * interval '1 ms')
           AND (paused_until IS NULL OR paused_until < clock_timestamp())
         FOR UPDATE SKIP LOCKED)
       RETURNING build, epoch, position, prepared, rebuild, workspace, (
         SELECT coalesce(json_agg(json_build_object('name', name, 'build', build::text)), '[]')
         FROM touchline.projection beside
         WHERE beside.rebuild = mine.rebuild AND beside.name = ANY ($7)) AS beside`,
      [this.owner, this.leaseMs, name, version, patienceMs, slot === 'live', after],
    );
    const row = rows[0];
    if (!row) return undefined;
    const { beside, ...lease } = row;
    const key = { name, build: lease.build };
    return { ...lease, name, position: BigInt(lease.position), searchPath: searchPath(key, ...beside) };
  }

  /** @throws Fenced */
  async assertHeld({ name, build, epoch }: Lease): Promise<void> {
    const { rowCount } = await this.pool.query({ ...ASSERT_HELD, values: [name, build, epoch] });
    if (rowCount !== 1) throw new Fenced(name);
  }

  /**
   * Who has taken a lease that this process did not renew in time. Undefined where it ended otherwise: a rebuild was asked for,
   * or a build paused or exchanged.
   */
  async takenBy({ name, build, epoch }: Lease): Promise<string | undefined> {
    const { rows } = await this.pool.query<{ owner: string }>(
      `SELECT owner FROM touchline.projection
       WHERE name = $1 AND build = $2 AND epoch = $3::bigint + 1 AND owner <> $4`,
      [name, build, epoch, this.owner],
    );
    return rows[0]?.owner;
  }

  /** As `assertHeld`, and so it stays until the transaction or its session ends: nobody can take the lease meanwhile. @throws Fenced */
  async hold(tx: pg.PoolClient, { name, build, epoch, position }: Lease): Promise<void> {
    const { rowCount } = await tx.query({ ...HOLD, values: [name, build, epoch, String(position)] });
    if (rowCount !== 1) throw new Fenced(name);
  }

  /** Moves the checkpoint in the transaction of the rows. @throws Fenced */
  async advance(tx: pg.PoolClient, lease: Lease, upTo: Position): Promise<Lease> {
    const { name, build, epoch, position } = lease;
    const values = [name, epoch, String(position), String(upTo), this.leaseMs, build];
    const { rowCount } = await tx.query({ ...ADVANCE, values });
    if (rowCount !== 1) throw new Fenced(name);
    return { ...lease, position: upTo };
  }

  /** Records that the tables of a build are there, in the transaction that created them. @throws Fenced */
  async prepared(tx: pg.PoolClient, lease: Lease): Promise<Lease> {
    const { rowCount } = await tx.query(
      `UPDATE touchline.projection SET prepared = true, lease_until = ${LEASE_UNTIL('$4')}, updated_at = clock_timestamp()
       WHERE name = $1 AND build = $2 AND epoch = $3 AND NOT prepared`,
      [lease.name, lease.build, lease.epoch, this.leaseMs],
    );
    if (rowCount !== 1) throw new Fenced(lease.name);
    return { ...lease, prepared: true };
  }

  /** Its rows are not those any more that a rebuild would give. */
  async markAppliedLate(tx: pg.PoolClient, { name, build }: BuildKey): Promise<void> {
    await tx.query('UPDATE touchline.projection SET applied_late = true WHERE name = $1 AND build = $2', [
      name,
      build,
    ]);
  }

  /** Shows why a subscription does not move; the next batch that succeeds wipes it. */
  async fail(name: string, error: string, slot: Slot = 'live'): Promise<void> {
    await this.pool.query(
      `UPDATE touchline.projection SET status = 'failed', error = $2, updated_at = clock_timestamp()
       WHERE name = $1 AND owner = $3 AND is_live = $4`,
      [name, error.slice(0, 1_000), this.owner, slot === 'live'],
    );
  }

  /** Holds on to everything this process owns. What a batch has locked just now is held by it, and renewed at its end. */
  async renew(): Promise<void> {
    await this.pool.query(
      `UPDATE touchline.projection SET lease_until = ${LEASE_UNTIL('$2')}
       WHERE (name, build) IN (SELECT name, build FROM touchline.projection WHERE owner = $1 FOR UPDATE SKIP LOCKED)`,
      [this.owner, this.leaseMs],
    );
  }

  /** Lets the named subscriptions go at once, so that nobody waits for their leases to pass. */
  async release(names: readonly string[], slot?: Slot): Promise<void> {
    await this.pool.query(
      `UPDATE touchline.projection SET owner = NULL, lease_until = clock_timestamp()
       WHERE owner = $1 AND name = ANY ($2) AND ($3::boolean IS NULL OR is_live = $3)`,
      [this.owner, names, slot === undefined ? null : slot === 'live'],
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
