import { parentPort, workerData } from 'node:worker_threads';
import type { Journeys } from '../../domain/sequences/journeys.js';
import { rankSequences, type SequenceRequest } from '../../domain/sequences/ranked-sequences.js';

export interface SequenceSearch {
  readonly journeys: Journeys;
  readonly request: SequenceRequest;
}

if (parentPort && workerData !== null) {
  const { journeys, request } = workerData as SequenceSearch;
  parentPort.postMessage(rankSequences(journeys, request));
}
