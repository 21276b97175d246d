import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { to } from 'pg-copy-streams';
import type pg from 'pg';
import { writeLedger } from '../test/credit-ledger.js';
import { API_KEY, poolOf, type ServerProcess } from '../test/e2e/server-process.js';
import type { Report } from './figure.js';
import { withServer } from './server.js';

const TOUCHES = 25;
const MB = 2 ** 20;

/** The credits as an export has them, without what is the same in all rows. */
const COPY = `
  COPY (
    SELECT p.opportunity_id, p.credited_at, t.*
    FROM touchline.attribution_path p JOIN touchline.attribution_share s ON s.path_id = p.path_id AND s.model = 'linear'
    CROSS JOIN LATERAL unnest(p.event_ids, p.lead_ids, p.occurred_at, p.milestones, p.content_ids, p.content_titles, p.channels,
                              p.campaigns, p.sources, s.weights, s.reported) WITH ORDINALITY t
    WHERE p.workspace = 'main' AND p.metric = 'revenue') TO STDOUT (FORMAT csv)`;

/** Exports of credits in each format: rows a second, beside COPY of the same rows, and how much memory the server takes for it. */
export async function exports(report: Report, rows: number): Promise<void> {
  await withServer({}, async (server, port, dataDir) => {
    // The timer of a query would outlive COPY.
    const pool = await poolOf(dataDir, { queryTimeoutMs: 0 });
    await writeLedger(pool, {
      workspace: 'main',
      opportunities: Math.ceil(rows / TOUCHES),
      touches: TOUCHES,
    });
    const copied = await copy(pool).finally(() => pool.end());
    const limit = rows / copied;
    const size = `${rows.toLocaleString('en-US')} credits`;
    report({ name: `COPY of ${size}`, value: limit, unit: 'rows/s' });
    for (const format of ['ndjson', 'csv', 'arrow', 'parquet']) {
      const { seconds, growth, bytes } = await read(server, port, format);
      const rate = rows / seconds;
      report({ name: `export of ${size} as ${format}`, value: rate, unit: 'rows/s', ofLimit: rate / limit });
      report({ name: '  size', value: bytes / MB, unit: 'MB' });
      report({ name: '  most memory that it took', value: growth / MB, unit: 'MB', atMost: 200 });
    }
  });
}

async function copy(pool: pg.Pool): Promise<number> {
  const client = await pool.connect();
  const began = performance.now();
  await once(client.query(to(COPY)).resume(), 'end');
  client.release();
  return (performance.now() - began) / 1_000;
}

async function read(
  server: ServerProcess,
  port: number,
  format: string,
): Promise<{ seconds: number; growth: number; bytes: number }> {
  const before = await server.memory();
  const began = performance.now();
  const headers = { authorization: `Bearer ${API_KEY}` };
  const path = `/api/attribution/credits?format=${format}`;
  const [answer] = (await once(get({ port, path, headers }), 'response')) as [IncomingMessage];
  let [bytes, peak, isDone] = [0, before, false];
  answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
  const ended = once(answer, 'end').finally(() => (isDone = true));
  while (!isDone) {
    peak = Math.max(peak, await server.memory());
    await Promise.race([sleep(20), ended]);
  }
  await ended;
  return { seconds: (performance.now() - began) / 1_000, growth: peak - before, bytes };
}
