import pg from 'pg';

/** The database cannot be reached, or ended the session while it was used. The work may succeed later. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Said by the driver of a server that was silent for longer than `query_timeout`. */
const QUERY_TIMEOUT_MESSAGE = 'Query read timeout';

/**
 * A client with an 'error' listener from the beginning. A session that ends while it is not asked anything reports so by
 * this event, which ends the process without a listener; `pg-pool` stops listening while a client is checked out, and a
 * listener that is added when its promise resolves comes too late for an error in the packet that ended the login.
 */
export class GuardedClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/**
 * Runs `work` on a client of its own out of the pool. This file is the only one that checks out clients or opens
 * connections; ESLint refuses it elsewhere.
 *
 * @throws DatabaseUnavailable no client can be had, or its session was lost; else what `work` throws
 */
export function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return checkOut(pool, work);
}

/**
 * Runs `work` in a transaction: committed when it resolves, rolled back when it rejects.
 *
 * @param begin the statements that open it
 * @throws as withClient
 */
export function withTransaction<T>(
  pool: pg.Pool,
  work: (tx: pg.PoolClient) => Promise<T>,
  begin = 'BEGIN',
): Promise<T> {
  return checkOut(pool, async (tx, discard) => {
    try {
      await tx.query(begin);
      const result = await work(tx);
      await tx.query('COMMIT');
      return result;
    } catch (error) {
      // A rollback would wait behind the statement that is not answered.
      if (isQueryTimeout(error)) discard(error);
      else await tx.query('ROLLBACK').catch(discard);
      throw error;
    }
  });
}

/** Runs `work` on a connection without a pool, which is closed after it. @throws what connecting or `work` throws */
export async function withConnection<T>(
  config: pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new GuardedClient(config);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

type Discard = (reason: unknown) => void;

async function checkOut<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient, discard: Discard) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw new DatabaseUnavailable(cause);
  });
  let lost: Error | undefined;
  const discard = (reason: unknown): void => {
    lost ??= reason instanceof Error ? reason : new Error(String(reason));
  };
  client.on('error', discard);
  try {
    return await work(client, discard);
  } catch (error) {
    // The pool could hand the client out again before it notices that its session has ended.
    if (isQueryTimeout(error) || endsSession(error)) discard(error);
    throw lost === undefined ? error : new DatabaseUnavailable(error);
  } finally {
    client.off('error', discard);
    client.release(lost);
  }
}

/** PostgreSQL closes the connection after it. */
const endsSession = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.severity === 'FATAL' || error.severity === 'PANIC');

const isQueryTimeout = (error: unknown): boolean =>
  error instanceof Error && error.message === QUERY_TIMEOUT_MESSAGE;
