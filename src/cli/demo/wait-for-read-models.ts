import { setTimeout as sleep } from 'node:timers/promises';
import { showProgress } from './progress.js';
import { DemoProblem, type DemoServer } from './server.js';

interface Projections {
  readonly projections: readonly Projection[];
}

interface Projection {
  readonly name: string;
  readonly position: string;
  readonly status: string;
  readonly error: string | null;
}

/**
 * How long the demo waits without any progress of the read models, in ms. A batch may take minutes on a machine that does other
 * work, and shows nothing until it ends; who has failed shows why, and what passes by itself passes soon.
 */
const PATIENCE = { failedMs: 60_000, runningMs: 600_000 };

/** What the read models have still to do. */
interface Behind {
  /** Events, of all together. */
  readonly events: bigint;
  readonly late: readonly Projection[];
}

/**
 * Waits until every read model has seen all that is in the log now.
 *
 * @returns the position up to which they have
 * @throws DemoProblem one of them makes no headway
 */
export async function waitForReadModels(
  server: Pick<DemoServer, 'get'>,
  patience = PATIENCE,
): Promise<bigint> {
  const head = BigInt(String((await server.get('/api/log/head'))?.['position']));
  let left = await behind(server, head);
  const bar = showProgress('Read models', Number(left.events));
  for (let moved = Date.now(); left.events > 0n;) {
    await sleep(200);
    const now = await behind(server, head);
    if (now.events < left.events) moved = Date.now();
    else failIfStalled(now, Date.now() - moved, patience);
    bar.advance(Number(left.events - now.events));
    left = now;
  }
  bar.done();
  return head;
}

function failIfStalled({ late }: Behind, ms: number, patience: typeof PATIENCE): void {
  const isFailed = late.some(({ error }) => error);
  if (ms <= (isFailed ? patience.failedMs : patience.runningMs)) return;
  const states = late.map(({ name, status, error }) => `${name} is ${status}${error ? ` (${error})` : ''}`);
  throw new DemoProblem(`The read models do not advance: ${states.join(', ')}`);
}

async function behind(server: Pick<DemoServer, 'get'>, head: bigint): Promise<Behind> {
  const { projections } = (await server.get('/api/projections')) as unknown as Projections;
  const late = projections.filter(({ position }) => BigInt(position) < head);
  return { events: late.reduce((sum, { position }) => sum + head - BigInt(position), 0n), late };
}
