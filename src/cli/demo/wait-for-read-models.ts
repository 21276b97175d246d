import { setTimeout as sleep } from 'node:timers/promises';
import { showProgress } from './progress.js';
import { DemoProblem, type DemoServer } from './server.js';

interface Projections {
  readonly projections: readonly {
    readonly name: string;
    readonly position: string;
    readonly status: string;
    readonly deadLetters: number;
    readonly error: string | null;
  }[];
}

/** Time without progress of the read models, in ms, after which the demo fails. */
const STALL_TIMEOUT_MS = 60_000;

/**
 * Waits until every read model has seen all that is in the log now.
 *
 * @returns the position up to which they have
 * @throws DemoProblem one of them makes no headway
 */
export async function waitForReadModels(server: DemoServer): Promise<bigint> {
  const head = BigInt(String((await server.get('/api/log/head'))?.['position']));
  const began = await behind(server, head);
  const bar = showProgress('Read models', Number(began.events));
  let left = began.events;
  for (let moved = Date.now(); left > 0n;) {
    await sleep(200);
    const { events, problem } = await behind(server, head);
    if (events < left) moved = Date.now();
    else if (Date.now() - moved > STALL_TIMEOUT_MS)
      throw new DemoProblem(`The read models do not advance: ${problem}`);
    bar.advance(Number(left - events));
    left = events;
  }
  bar.done();
  return head;
}

/** Events that the read models, all together, have still to see. */
async function behind(server: DemoServer, head: bigint): Promise<{ events: bigint; problem: string }> {
  const { projections } = (await server.get('/api/projections')) as unknown as Projections;
  const late = projections.filter(({ position }) => BigInt(position) < head);
  return {
    events: late.reduce((sum, { position }) => sum + head - BigInt(position), 0n),
    problem: late
      .map(({ name, status, error }) => `${name} is ${status}${error ? ` (${error})` : ''}`)
      .join(', '),
  };
}
