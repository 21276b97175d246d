import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RankedSequences } from '../../domain/sequences/ranked-sequences.js';
import type { SequenceSearch } from './sequence-thread.js';

/** Finds the frequent sequences of journeys. */
export type SearchSequences = (search: SequenceSearch) => Promise<RankedSequences>;
export const SEARCH_SEQUENCES = Symbol('SearchSequences');

const THREAD = new URL('./sequence-thread.js', import.meta.url);

/** In a thread of its own: a search takes up to some seconds, which hold up no other request. */
export const searchInThread: SearchSequences = async (search) => {
  const worker = new Worker(THREAD, { workerData: search });
  try {
    const [found] = (await once(worker, 'message')) as [RankedSequences];
    return found;
  } finally {
    await worker.terminate();
  }
};
