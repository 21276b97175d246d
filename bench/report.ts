import { getJson } from './query-api.js';
import { watch } from './catch-up.js';
import type { Report } from './figure.js';
import { withHistory } from './filled-log.js';
import { type Size, touchesOf } from './history-events.js';

const SIZE: Size = { opportunities: 10_000, touchesPerOpportunity: 30, strangers: 0, openedAfter: 0.95 };
const TIMES = 30;
const DAY_MS = 86_400_000;

/** How long an attribution report over many opportunities takes, as its reader waits for it. */
export async function reports(report: Report, size = SIZE): Promise<void> {
  await withHistory(size, async (server, port) => {
    await watch(server, port);
    const range = `from=${day(220)}&to=${day(-1)}`;
    const what = `${size.opportunities.toLocaleString('en-US')} opportunities, ${touchesOf(size).toLocaleString('en-US')} touches`;
    for (const by of ['content', 'channel']) {
      const times = await timed(port, `/api/attribution?model=linear&by=${by}&metric=revenue&${range}`);
      const median = times[Math.floor(times.length / 2)] ?? 0;
      report({ name: `attribution by ${by} over ${what}`, value: median, unit: 'ms', atMost: 300 });
      report({ name: `  slowest of ${TIMES}`, value: times.at(-1) ?? 0, unit: 'ms' });
    }
  });
}

const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);

async function timed(port: number, path: string): Promise<number[]> {
  const times: number[] = [];
  for (let nr = 0; nr < TIMES; nr += 1) {
    const began = performance.now();
    await getJson(port, path);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}
