import { poolOf } from '../test/e2e/server-process.js';
import { watch } from './catch-up.js';
import type { Report } from './figure.js';
import { history, withLog } from './filled-log.js';
import type { Size } from './history-events.js';
import { getJson } from './query-api.js';
import { salesHistory } from './sales-history.js';

/** A million touchpoints, half of them of the buyers of 50,000 opportunities. */
const SIZE: Size = { opportunities: 50_000, touchesPerOpportunity: 10, strangers: 1, openedAfter: 0.6 };
const TIMES = 5;

/** Each metric as it is asked first, and with the cuts that cost most. */
const ASKED = [
  'hooks?by=content',
  'hooks?by=content,persona,stage,month',
  'content-influence',
  'content-gaps',
  'score-calibration?by=persona',
  'velocity?by=persona,campaign',
  'pipeline-per-dollar?by=source',
  'pipeline-per-dollar?by=content&model=linear',
  'funnel',
  'funnel?by=source,month',
  'rotting-leads',
  'rep-load',
];

/** How long the metrics take, each beside a plain scan of the touchpoints in the same run. */
export async function metrics(report: Report, size = SIZE): Promise<void> {
  await withLog(salesHistory(history(size)), async (server, port, dataDir) => {
    await watch(server, port);
    const pool = await poolOf(dataDir);
    await pool.query('VACUUM ANALYZE');
    const scan = await fastest(() => pool.query(SCAN)).finally(() => pool.end());
    report({ name: 'plain scan of the touchpoints', value: scan, unit: 's' });
    for (const path of ASKED) {
      const seconds = await fastest(() => getJson(port, `/api/metrics/${path}`));
      report({ name: path, value: seconds, unit: 's', atMost: 1 });
      report({ name: '  to the plain scan', value: seconds / scan, unit: 'times' });
    }
  });
}

const SCAN = `
  SELECT count(content_url) FROM touchline.journey
  WHERE workspace = 'main' AND verdict IN ('human', 'unknown') AND superseded_at IS NULL`;

/** Of some times, since other programs only make it slower; in seconds. */
async function fastest(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let nr = 0; nr < TIMES; nr += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return Math.min(...times) / 1_000;
}
