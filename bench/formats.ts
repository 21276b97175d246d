import type { Report } from './figure.js';
import { BATCHES, measured, SINGLES } from './ingest.js';
import { BATCH_FORMATS, SINGLE_FORMATS, type WireFormat } from './wire-formats.js';

/**
 * Ingest of each wire format, in batches of 100 or as single events, as a share of Segment's in the same run. Without projections:
 * what the events of a format cost the read models is not its own.
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
  { formats: names, what, ...load }: Compared,
): Promise<void> {
  let first: number | undefined;
  for (const format of names) {
    const { seen } = await measured(seconds, { ...load, format }, { ROLES: 'collect,query' });
    const perSecond = seen.events / seen.seconds;
    const share = first === undefined ? {} : { ofLimit: perSecond / first, atLeast: 0.8 };
    report({ name: `HTTP ingest, ${format} ${what}`, value: perSecond, unit: 'events/s', ...share });
    first ??= perSecond;
  }
}
