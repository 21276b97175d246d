import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { MarkovOrder, CountedPath } from '../domain/attribution/markov/chain.js';
import type { RemovalEffects } from '../domain/attribution/markov/removal-effects.js';
import { Refused } from '../domain/refused.js';
import type { PackedPaths, RemovalMessage } from './removal-thread.js';

/** Computes the removal effects of a report's paths. */
export type SolveChain = (packed: PackedPaths) => Promise<RemovalEffects>;
export const SOLVE_CHAIN = Symbol('SolveChain');

const THREAD = new URL('./removal-thread.js', import.meta.url);

/** In a thread of its own: large chains take seconds, which hold up no other request. @throws Refused as the domain does */
export const solveInThread: SolveChain = async (packed) => {
  const worker = new Worker(THREAD, { workerData: packed });
  try {
    const [message] = (await once(worker, 'message')) as [RemovalMessage];
    if ('effects' in message) return message.effects;
    const { code, message: text, path } = message.refused;
    throw new Refused(code, text, path);
  } finally {
    await worker.terminate();
  }
};

/** @param paths those that convert first */
export function packPaths(order: MarkovOrder, paths: Iterable<CountedPath>): PackedPaths {
  const indexes = new Map<string, number>();
  const players: number[] = [];
  const lengths: number[] = [];
  let converting = 0;
  for (const path of paths) {
    lengths.push(path.players.length);
    if (path.conversions > 0) converting++;
    for (const player of path.players) {
      const index = indexes.get(player) ?? indexes.size;
      indexes.set(player, index);
      players.push(index);
    }
  }
  const names = [...indexes.keys()];
  return { order, names, players: Int32Array.from(players), lengths: Int32Array.from(lengths), converting };
}
