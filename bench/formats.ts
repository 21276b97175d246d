import { WRITE_KEY } from '../test/e2e/server-process.js';
import type { Report } from './figure.js';
import { generate } from './generator.js';
import { BATCHES, reportRefused, SINGLES, webhookCollector } from './ingest.js';
import type { LoadJob } from './load-job.js';
import { withServer } from './server.js';
import { BATCH_FORMATS, SINGLE_FORMATS, type WireFormat } from './wire-formats.js';

/** The two loads of a server, the compared one and Segment's, take turns, so that both meet the same machine and the same log. */
const TURNS = 4;
const WARM_UP_SECONDS = 5;

/**
 * Ingest of each wire format, in batches of 100 or as single events, as a share of Segment's on the same server in turns. Without
 * projections: what the events of a format cost the read models is not its own.
 */
export async function formats(report: Report, seconds: number): Promise<void> {
  const batches = Object.keys(BATCH_FORMATS) as (keyof typeof BATCH_FORMATS)[];
  await compare(report, seconds, { ...BATCHES, formats: batches, what: 'batches of 100' });
  const singles = Object.keys(SINGLE_FORMATS) as (keyof typeof SINGLE_FORMATS)[];
  await compare(report, seconds, { ...SINGLES, formats: singles, what: 'single events' });
}

interface Compared {
  readonly connections: number;
  readonly size: number;
  /** The first is what the others are compared with. */
  readonly formats: readonly WireFormat[];
  readonly what: string;
}

async function compare(
  report: Report,
  seconds: number,
  { formats: [first, ...others], what, ...load }: Compared,
): Promise<void> {
  if (first === undefined) return;
  for (const format of others) {
    const [base, value] = await inTurns(seconds, load, [first, format]);
    report({
      name: `HTTP ingest, ${format} ${what}`,
      ...{ value, unit: 'events/s', ofLimit: value / base, atLeast: 0.8 },
    });
  }
}

/** @param seconds of each of the two loads @returns events a second of each */
function inTurns(
  seconds: number,
  load: Pick<LoadJob, 'connections' | 'size'>,
  [first, second]: readonly [WireFormat, WireFormat],
): Promise<readonly [number, number]> {
  return withServer({ ROLES: 'collect,query' }, async (_server, port) => {
    const jobOf = async (format: WireFormat): Promise<Omit<LoadJob, 'seconds'>> => {
      const collector = await webhookCollector(port, format);
      return { port, writeKey: WRITE_KEY, ...load, format, ...(collector && { collector }) };
    };
    const jobs = [await jobOf(first), await jobOf(second)] as const;
    for (const job of jobs) await generate({ ...job, seconds: WARM_UP_SECONDS });
    const events = [0, 0] as [number, number];
    const time = [0, 0] as [number, number];
    for (let turn = 0; turn < TURNS; turn += 1)
      for (const nth of [0, 1] as const) {
        const seen = await generate({ ...jobs[nth], seconds: seconds / TURNS });
        reportRefused(seen);
        events[nth] += seen.events;
        time[nth] += seen.seconds;
      }
    return [events[0] / time[0], events[1] / time[1]] as const;
  });
}
