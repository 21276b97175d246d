import type pg from 'pg';
import { freePort, poolOf, ServerProcess } from '../test/e2e/server-process.js';
import type { NewFact } from '../src/event-store/event-store.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import { getJson } from './query-api.js';
import type { Report } from './figure.js';
import { history } from './filled-log.js';
import type { Size } from './history-events.js';
import { inFolder } from './server.js';

const CALLERS = 4;
const CHUNK = 1_000;
/** Events over which a rate is taken: those before a mark, so many that checkpoints are among them. */
const windowOf = (mark: number): number => Math.max(100_000, mark / 10);

/** How far something had come, after how many ms. */
interface Sample {
  readonly events: number;
  readonly ms: number;
}

/** How the rates of appending and projecting hold while the log grows; `project` false: appending alone. */
export async function logSize(report: Report, events: number, project: boolean): Promise<void> {
  await inFolder(async (dataDir) => {
    const port = await freePort();
    const filling = await ServerProcess.start({ dataDir, port, env: { ROLES: 'collect,query' } });
    const pool = await poolOf(dataDir);
    try {
      reportRates(report, 'append, batches of 1,000 by 4 callers', await appendAll(pool, events), events);
      await reportIndexes(report, pool);
    } finally {
      await pool.end();
      await filling.stop();
    }
    if (!project) return;
    const server = await ServerProcess.start({ dataDir, port });
    await projectAll(report, server, port, events).finally(() => server.stop());
  });
}

async function appendAll(pool: pg.Pool, events: number): Promise<Sample[]> {
  const facts = history(sizeOf(events));
  const store = new PostgresEventStore(pool);
  const samples: Sample[] = [];
  const began = performance.now();
  let recorded = 0;
  const caller = async () => {
    for (let chunk = take(facts); chunk.length > 0; chunk = take(facts)) {
      await store.record(chunk);
      recorded += chunk.length;
      samples.push({ events: recorded, ms: performance.now() - began });
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await store.close();
  return samples;
}

async function projectAll(
  report: Report,
  server: ServerProcess,
  port: number,
  events: number,
): Promise<void> {
  const samples: Sample[] = [];
  const began = performance.now();
  let peak = 0;
  for (;;) {
    const { head, projections } = JSON.parse(await getJson(port, '/api/projections')) as {
      head: string;
      projections: readonly { position: string }[];
    };
    const reached = Math.min(...projections.map(({ position }) => Number(position)));
    samples.push({ events: reached, ms: performance.now() - began });
    peak = Math.max(peak, await server.memory());
    if (projections.length > 0 && reached === Number(head)) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  reportRates(report, 'projecting all read models', samples, events);
  report({ name: '  resident memory meanwhile, peak', value: peak / 2 ** 20, unit: 'MB', atMost: 400 });
}

/** The rate before each mark beside that before the first. */
function reportRates(report: Report, name: string, samples: readonly Sample[], events: number): void {
  let first: number | undefined;
  for (const mark of [200_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000].filter((m) => m <= events)) {
    const value = rateBefore(samples, mark);
    report({ name: `${name}, at ${mark.toLocaleString('en-US')} events`, value, unit: 'events/s' });
    first ??= value;
    if (value !== first) report({ name: '  of the first', value: value / first, unit: '×', atLeast: 0.75 });
  }
}

function rateBefore(samples: readonly Sample[], mark: number): number {
  const from = samples.find(({ events }) => events >= mark - windowOf(mark));
  const to = samples.find(({ events }) => events >= mark) ?? samples.at(-1);
  return from && to ? ((to.events - from.events) / (to.ms - from.ms)) * 1_000 : NaN;
}

async function reportIndexes(report: Report, pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string; bytes: string }>(
    `SELECT c.relname AS name, pg_relation_size(c.oid) AS bytes FROM pg_class c
     WHERE c.oid = 'touchline.event'::regclass
        OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'touchline.event'::regclass) ORDER BY 1`,
  );
  for (const { name, bytes } of rows)
    report({ name: `  size of ${name}`, value: Number(bytes) / 2 ** 20, unit: 'MB' });
}

function take(facts: Iterator<NewFact>): NewFact[] {
  const chunk: NewFact[] = [];
  while (chunk.length < CHUNK) {
    const next = facts.next();
    if (next.done === true) break;
    chunk.push(next.value);
  }
  return chunk;
}

/** A history with about this number of touchpoints, and opportunities in the proportion of the part `catch-up`. */
const sizeOf = (events: number): Size => ({
  opportunities: Math.ceil((events * 1.02) / 150),
  touchesPerOpportunity: 30,
  strangers: 4,
  openedAfter: 0.6,
});
