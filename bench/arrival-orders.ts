import type { NewFact } from '../src/event-store/event-store.js';
import { poolOf } from '../test/e2e/server-process.js';
import { watch } from './catch-up.js';
import type { Report } from './figure.js';
import { withLog } from './filled-log.js';
import { journeyOf } from './history-events.js';

type Order = (inTime: readonly NewFact[]) => readonly NewFact[];

/** In which touchpoints of one person may arrive; the first is what the others are held against. */
const ORDERS: Readonly<Record<string, Order>> = {
  'in order': (events) => events,
  'every tenth some events late': (events) =>
    events
      .map((event, nr) => ({ event, place: nr + (nr % 10 === 0 ? 15 : 0) }))
      .sort((a, b) => a.place - b.place)
      .map(({ event }) => event),
  'its first half after its second': (events) => [
    ...events.slice(events.length / 2),
    ...events.slice(0, events.length / 2),
  ],
  'newest first': (events) => events.toReversed(),
  shuffled: (events) =>
    events
      .map((event, nr) => ({ event, place: Math.imul(nr + 1, 2_654_435_761) >>> 0 }))
      .sort((a, b) => a.place - b.place)
      .map(({ event }) => event),
};

const TABLES = ['journey', 'score_change', 'stage_transition'];

/** What the order of arrival costs: the journey of one person with very many touchpoints, each order on a server of its own. */
export async function arrivalOrders(report: Report, touchpoints = 100_000): Promise<void> {
  const events = [...journeyOf(touchpoints, new Date(Date.now() - 700 * 86_400_000))];
  let inOrder: number | undefined;
  for (const [name, arrange] of Object.entries(ORDERS)) {
    await withLog(arrange(events), async (server, port, dataDir) => {
      const { doneAfter } = await watch(server, port);
      const ms = Math.max(...doneAfter.values());
      inOrder ??= ms;
      report({
        name: `one journey of ${touchpoints.toLocaleString('en-US')} touchpoints that arrive ${name}`,
        value: (touchpoints / ms) * 1_000,
        unit: 'touches/s',
      });
      if (ms !== inOrder)
        report({ name: '  time, to that in order', value: ms / inOrder, unit: '×', atMost: 2 });
      report({
        name: '  versions of rows, an event',
        value: (await versions(dataDir)) / touchpoints,
        unit: '',
      });
    });
  }
}

async function versions(dataDir: string): Promise<number> {
  const pool = await poolOf(dataDir);
  const counts = TABLES.map((table) => `(SELECT count(*) FROM touchline.${table})`);
  const { rows } = await pool.query<{ versions: string }>(`SELECT ${counts.join(' + ')} AS versions`);
  await pool.end();
  return Number(rows[0]?.versions);
}
