import { API_KEY, WRITE_KEY } from '../test/e2e/server-process.js';
import type { Report } from './figure.js';
import { generate } from './generator.js';
import type { LoadJob, LoadResult } from './load-job.js';
import { withServer } from './server.js';
import { type WireFormat, wireRequest } from './wire-formats.js';

/** Until the compilers of both threads have come to rest. */
const WARM_UP_SECONDS = 8;
export const BATCHES = { connections: 8, size: 100 };
export const SINGLES = { connections: 64, size: 1 };

/** Durable HTTP ingest of a whole server, every role on, with its resident memory; beside it the collectors alone. */
export async function ingest(report: Report, rawLimit: number, seconds: number): Promise<void> {
  const batches = await measured(seconds, BATCHES);
  const perSecond = batches.seen.events / batches.seen.seconds;
  const ofLimit = perSecond / rawLimit;
  report({
    name: 'HTTP ingest, Segment batches of 100, 8 connections',
    ...{ value: perSecond, unit: 'events/s', ofLimit, atLeast: 0.8 },
  });
  report({ name: '  p99 of an answer', value: batches.seen.p99, unit: 'ms' });
  const singles = await measured(seconds, SINGLES);
  const singlesASecond = singles.seen.events / singles.seen.seconds;
  report({
    name: 'HTTP ingest, single events, 64 connections',
    ...{ value: singlesASecond, unit: 'events/s', ofLimit: singlesASecond / rawLimit, atLeast: 0.18 },
  });
  report({ name: '  p99 of an answer', value: singles.seen.p99, unit: 'ms', atMost: 15 });
  const peak = Math.max(batches.peak, singles.peak) / 2 ** 20;
  report({ name: '  resident memory of the server, peak', value: peak, unit: 'MB', atMost: 400 });
  await alone(report, rawLimit, seconds);
}

/** The same with the role `collect` alone, as where projections have a machine of their own. */
async function alone(report: Report, rawLimit: number, seconds: number): Promise<void> {
  const env = { ROLES: 'collect' };
  const batches = (await measured(seconds, BATCHES, env)).seen;
  const perSecond = batches.events / batches.seconds;
  report({
    name: '  ROLES=collect, batches of 100',
    ...{ value: perSecond, unit: 'events/s', ofLimit: perSecond / rawLimit },
  });
  const singles = (await measured(seconds, SINGLES, env)).seen;
  report({
    name: '  ROLES=collect, single events',
    ...{ value: singles.events / singles.seconds, unit: 'events/s' },
  });
  report({ name: '  p99 of an answer', value: singles.p99, unit: 'ms' });
}

/** A server of its own each time: what one load left for the projections would be work during the next. */
export async function measured(
  seconds: number,
  load: Pick<LoadJob, 'connections' | 'size' | 'streams' | 'format'>,
  env: Readonly<Record<string, string>> = {},
): Promise<{ seen: LoadResult; peak: number }> {
  return withServer(env, async (server, httpPort) => {
    const port = load.streams ? Number(env.GRPC_PORT) : httpPort;
    const collector = await webhookCollector(httpPort, load.format);
    const job: LoadJob = { port, writeKey: WRITE_KEY, seconds, ...load, ...(collector && { collector }) };
    await generate({ ...job, seconds: WARM_UP_SECONDS });
    let peak = 0;
    const timer = setInterval(() => {
      void server.memory().then((bytes) => (peak = Math.max(peak, bytes)));
    }, 100);
    const seen = await generate(job).finally(() => clearInterval(timer));
    reportRefused(seen);
    return { seen, peak };
  });
}

export function reportRefused({ statuses }: LoadResult): void {
  const refused = Object.entries(statuses).filter(([status]) => !status.startsWith('2'));
  if (refused.length > 0) console.log(`  (other answers: ${JSON.stringify(Object.fromEntries(refused))})`);
}

/** Adds the collector that webhooks of a format go to; undefined: it has none. */
export async function webhookCollector(
  port: number,
  format: WireFormat | undefined,
): Promise<LoadJob['collector'] | undefined> {
  const webhook = format && wireRequest(format).webhook;
  if (!webhook) return undefined;
  const { secret, settings = {}, signingKey = '' } = webhook;
  const body = JSON.stringify({ name: format, format, settings, ...(secret && { secrets: [secret] }) });
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${port}/api/collectors`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`the collector was not added: ${await answer.text()}`);
  const { id } = (await answer.json()) as { id: string };
  return { id, signingKey };
}
