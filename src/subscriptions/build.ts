import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import { buildSchema } from './build-schema.js';
import type { Checkpoints, Lease } from './checkpoint.js';
import { idleTransactionTimeout } from './lease-timing.js';
import { inBatch } from './batch-transaction.js';
import type { Projection } from './subscription.js';

/**
 * Creates the tables of a build as those of the live one are.
 *
 * @throws Fenced, BatchFailed
 */
export const prepareBuild = (
  pool: pg.Pool,
  checkpoints: Checkpoints,
  { name, tables }: Projection,
  lease: Lease,
): Promise<Lease> =>
  inBatch(pool, idleTransactionTimeout(checkpoints.leaseMs), async (tx) => {
    const create = lease.workspace === null ? 'create_build' : 'create_workspace_build';
    await tx.query(`SELECT touchline.${create}($1, $2)`, [name, lease.build]);
    const { rows } = await tx.query<{ table: string }>(
      'SELECT t AS table FROM unnest($1::text[]) t WHERE to_regclass($2 || t) IS NULL',
      [tables, `${buildSchema(lease)}.`],
    );
    if (rows.length > 0)
      throw new Error(
        `${rows.map(({ table }) => table).join(', ')} of ${name} cannot be rebuilt: add it in a migration by touchline.add_read_model`,
      );
    return checkpoints.prepared(tx, lease);
  });

/** Drops the tables of builds that were replaced or given up. What is in use is left for another time. */
export async function dropLeftOverBuilds(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT name FROM touchline.build_schema left_over
     WHERE NOT is_live AND NOT EXISTS (
       SELECT FROM touchline.projection p WHERE p.name = left_over.projection AND p.build = left_over.build)`,
  );
  for (const { name } of rows) await dropBuild(pool, name).catch(() => undefined);
}

const dropBuild = (pool: pg.Pool, schema: string): Promise<unknown> =>
  withTransaction(pool, (tx) => tx.query('SELECT touchline.drop_build($1)', [schema]), BEGIN_DROP);

/** Shorter than the wait for a deadlock: nobody is to queue behind us for long. */
const BEGIN_DROP = 'BEGIN; SET LOCAL lock_timeout = 500';
