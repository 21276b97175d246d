import type pg from 'pg';
import { freePort, poolOf, ServerProcess } from '../test/e2e/server-process.js';
import type { Append, NewFact } from '../src/event-store/event-store.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import { historyEvents, type Size } from './history-events.js';
import { inFolder } from './server.js';

const DAY_MS = 86_400_000;
const CHUNK = 1_000;

/** Runs `work` with a server whose log holds the history and whose read models are about to catch up on it. */
export const withHistory = (
  size: Size,
  work: (server: ServerProcess, port: number, dataDir: string) => Promise<void>,
): Promise<void> => withLog(history(size), work);

/** Half a year that ended some weeks ago. */
export const history = (size: Size): Generator<NewFact> =>
  historyEvents(size, new Date(Date.now() - 200 * DAY_MS));

/** The same with any events, after these decisions. */
export async function withLog(
  events: Iterable<NewFact>,
  work: (server: ServerProcess, port: number, dataDir: string) => Promise<void>,
  decisions: readonly Append[] = [],
): Promise<void> {
  await inFolder(async (dataDir) => {
    const port = await freePort();
    // Without the role `project`: the log is filled first.
    const filling = await ServerProcess.start({ dataDir, port, env: { ROLES: 'collect,query' } });
    const pool = await poolOf(dataDir);
    await fill(pool, events, decisions).finally(async () => {
      await pool.end();
      await filling.stop();
    });

    const server = await ServerProcess.start({ dataDir, port });
    await work(server, port, dataDir).finally(() => server.stop());
  });
}

/** Records events in the log. */
export async function fill(
  pool: pg.Pool,
  facts: Iterable<NewFact>,
  decisions: readonly Append[] = [],
): Promise<void> {
  const store = new PostgresEventStore(pool);
  await store.append(decisions);
  let chunk: NewFact[] = [];
  for (const fact of facts) {
    chunk.push(fact);
    if (chunk.length < CHUNK) continue;
    await store.record(chunk);
    chunk = [];
  }
  await store.record(chunk);
  await pool.query('VACUUM ANALYZE touchline.event');
  await store.close();
}
