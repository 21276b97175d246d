import type { ServerProcess } from '../test/e2e/server-process.js';
import { WRITE_KEY } from '../test/e2e/server-process.js';
import type { Report } from './figure.js';
import { generate } from './generator.js';
import type { Job, Seen } from './load.js';
import { withServer } from './server.js';

const WARM_UP_SECONDS = 3;

/** Durable HTTP ingest of a whole server, every role on, with its resident memory. */
export async function ingest(report: Report, rawLimit: number, seconds: number): Promise<void> {
  await withServer({}, async (server, port) => {
    const batches = await measured(server, {
      ...{ port, writeKey: WRITE_KEY, seconds, connections: 8, size: 100 },
    });
    const perSecond = batches.seen.events / batches.seen.seconds;
    report({
      name: 'HTTP ingest, Segment batches of 100, 8 connections',
      value: perSecond,
      unit: 'events/s',
      ofLimit: perSecond / rawLimit,
      atLeast: 0.5,
    });
    report({ name: '  p99 of an answer', value: batches.seen.p99, unit: 'ms' });
    const singles = await measured(server, {
      ...{ port, writeKey: WRITE_KEY, seconds, connections: 64, size: 1 },
    });
    const rate = singles.seen.events / singles.seen.seconds;
    report({
      name: 'HTTP ingest, single events, 64 connections',
      value: rate,
      unit: 'events/s',
      atLeast: 8_000,
    });
    report({ name: '  p99 of an answer', value: singles.seen.p99, unit: 'ms', atMost: 40 });
    const peak = Math.max(batches.peak, singles.peak) / 2 ** 20;
    report({ name: '  resident memory of the server, peak', value: peak, unit: 'MB', atMost: 400 });
  });
}

async function measured(server: ServerProcess, job: Job): Promise<{ seen: Seen; peak: number }> {
  await generate({ ...job, seconds: WARM_UP_SECONDS });
  let peak = 0;
  const timer = setInterval(() => {
    void server.memory().then((bytes) => (peak = Math.max(peak, bytes)));
  }, 100);
  const seen = await generate(job).finally(() => clearInterval(timer));
  const refused = Object.entries(seen.statuses).filter(([status]) => status !== '200');
  if (refused.length > 0) console.log(`  (other answers: ${JSON.stringify(Object.fromEntries(refused))})`);
  return { seen, peak };
}
