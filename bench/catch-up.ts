import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../test/e2e/server-process.js';
import { getJson } from './query-api.js';
import type { Report } from './figure.js';
import { withHistory } from './filled-log.js';
import { type Size, touchesOf } from './history-events.js';

/** Opportunities and visitors in about the proportion of `npm run demo`. */
const SIZE: Size = { opportunities: 4_000, touchesPerOpportunity: 30, strangers: 4, openedAfter: 0.6 };

/** How fast all read models catch up on half a year of history, in a whole server, and in what memory. */
export async function catchUp(report: Report, rawLimit: number, size = SIZE): Promise<void> {
  await withHistory(size, async (server, port) => {
    const { doneAfter, peak } = await watch(server, port);
    const touches = touchesOf(size);
    for (const [name, ms] of doneAfter)
      report({ name: `  ${name}, beside the others`, value: (touches / ms) * 1_000, unit: 'touches/s' });
    const rate = (touches / Math.max(...doneAfter.values())) * 1_000;
    report({
      name: 'projecting all read models while catching up',
      value: rate,
      unit: 'touches/s',
      ofLimit: rate / rawLimit,
      atLeast: 0.35,
    });
    report({ name: '  resident memory meanwhile, peak', value: peak / 2 ** 20, unit: 'MB', atMost: 400 });
  });
}

/** Waits until every projection has reached the head; ms until each had, and the server's largest resident memory. */
export async function watch(
  server: ServerProcess,
  port: number,
): Promise<{ doneAfter: ReadonlyMap<string, number>; peak: number }> {
  const began = performance.now();
  const doneAfter = new Map<string, number>();
  let peak = 0;
  for (;;) {
    const { head, projections } = JSON.parse(await getJson(port, '/api/projections')) as {
      head: string;
      projections: readonly { name: string; position: string; deadLetters: number }[];
    };
    for (const { name, position } of projections)
      if (position === head && !doneAfter.has(name)) doneAfter.set(name, performance.now() - began);
    peak = Math.max(peak, await server.memory());
    if (doneAfter.size > 0 && doneAfter.size === projections.length) return { doneAfter, peak };
    await sleep(200);
  }
}
