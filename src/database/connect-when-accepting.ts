import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { withConnection } from './client.js';

/** SQLSTATE of a server that is there and takes no connections: it starts, recovers from a crash, or stops. */
const CANNOT_CONNECT_NOW = '57P03';
const POLL_MS = 200;
const CONNECT_MS = 10_000;

/**
 * Runs `work` on a connection to a server, after its crash recovery if need be, however long that takes.
 *
 * @param log one line for the operator, when it has to wait
 * @throws what connecting or `work` throws otherwise
 */
export async function connectWhenAccepting<T>(
  url: string,
  log: (line: string) => void,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  for (let logged = false; ; logged = true) {
    try {
      return await withConnection({ connectionString: url, connectionTimeoutMillis: CONNECT_MS }, work);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== CANNOT_CONNECT_NOW) throw error;
      if (!logged)
        log(`PostgreSQL does not accept connections yet (${error.message}); waiting until it does`);
      await sleep(POLL_MS);
    }
  }
}
