import type pg from 'pg';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from '../../src/database/database.js';
import { readCheckpoints } from '../../src/subscriptions/read-checkpoints.js';
import { emptyDatabase } from '../database.js';
import { freePort, ServerProcess } from './server-process.js';

export interface Cluster {
  readonly pool: pg.Pool;
  /** @param main of another version */
  start(roles: string, main?: string): Promise<ServerProcess>;
  /** The process that has a projection, among those that were started here. */
  ownerOf(projection: string): Promise<ServerProcess | undefined>;
  /** Ends all processes that still run, and drops the database. */
  stop(): Promise<void>;
}

/** Processes of one role or several each, on one PostgreSQL that is empty at first. */
export async function cluster(): Promise<Cluster> {
  const database = await emptyDatabase();
  const pool = createPool(database.url, { max: 5, applicationName: 'touchline test' });
  const folder = await mkdtemp(join(tmpdir(), 'touchline-cluster-'));
  const processes: ServerProcess[] = [];
  return {
    pool,
    async start(roles, main) {
      // A folder each, as on machines of their own.
      const dataDir = await mkdtemp(join(folder, 'data-'));
      const env = { DATABASE_URL: database.url, ROLES: roles };
      const started = await ServerProcess.start({
        dataDir,
        port: await freePort(),
        env,
        ...(main && { main }),
      });
      processes.push(started);
      return started;
    },
    async ownerOf(projection) {
      const [checkpoint] = await readCheckpoints(pool, [projection]);
      const pid = Number(checkpoint?.owner?.split('/')[1]);
      return processes.find((one) => one.pid === pid);
    },
    async stop() {
      processes.forEach((one) => one.thaw());
      await Promise.all(processes.map((one) => one.stop()));
      await pool.end();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
