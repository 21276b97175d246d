import { BATCH_FORMATS, type BatchFormat } from './batch-formats.js';
import type { Report } from './figure.js';
import { BATCHES, measured } from './ingest.js';

/**
 * Ingest of each wire format in batches of 100, as a share of Segment's in the same run. Without projections: what the events of a
 * format cost the read models is not its own.
 */
export async function formats(report: Report, seconds: number): Promise<void> {
  let segment: number | undefined;
  for (const format of Object.keys(BATCH_FORMATS) as BatchFormat[]) {
    const { seen } = await measured(seconds, { ...BATCHES, format }, { ROLES: 'collect,query' });
    const perSecond = seen.events / seen.seconds;
    segment ??= perSecond;
    const share = format === 'segment' ? {} : { ofLimit: perSecond / segment, atLeast: 0.8 };
    report({ name: `HTTP ingest, ${format} batches of 100`, value: perSecond, unit: 'events/s', ...share });
  }
}
