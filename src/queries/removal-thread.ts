import { parentPort, workerData } from 'node:worker_threads';
import type { CountedPath, MarkovOrder } from '../domain/attribution/markov/chain.js';
import { removalEffects, type RemovalEffects } from '../domain/attribution/markov/removal-effects.js';
import { Refused } from '../domain/refused.js';

/** Paths without a text twice: a million of them are copied to a thread in a moment. */
export interface PackedPaths {
  readonly order: MarkovOrder;
  readonly names: readonly string[];
  /** Indexes of names, path after path. */
  readonly players: Int32Array;
  readonly lengths: Int32Array;
  /** So many paths at the beginning convert, the others do not. */
  readonly converting: number;
}

/** Errors of the domain lose their class on the way between threads. */
export type RemovalMessage =
  | { readonly effects: RemovalEffects }
  | {
      readonly refused: {
        readonly code: string;
        readonly message: string;
        readonly path: string | undefined;
      };
    };

export function solvePacked({ order, names, players, lengths, converting }: PackedPaths): RemovalEffects {
  function* paths(): Generator<CountedPath> {
    let start = 0;
    for (const [index, length] of lengths.entries()) {
      const path = Array.from(players.subarray(start, start + length), (player) => names[player] ?? '');
      start += length;
      const converts = index < converting;
      yield { players: path, conversions: converts ? 1 : 0, nonConversions: converts ? 0 : 1 };
    }
  }
  return removalEffects(paths(), order);
}

function solve(packed: PackedPaths): RemovalMessage {
  try {
    return { effects: solvePacked(packed) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { code, message, path } = error;
    return { refused: { code, message, path } };
  }
}

if (parentPort && workerData !== null) parentPort.postMessage(solve(workerData as PackedPaths));
