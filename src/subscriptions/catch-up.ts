import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '../domain/events.js';
import { Fenced } from './batch-transaction.js';
import type { Checkpoint } from './read-checkpoints.js';
import type { Subscriber } from './subscriber.js';

export interface CatchUpOptions {
  readonly subscribers: readonly Subscriber[];
  /** Of builds that are to replace live ones. */
  readonly builders: readonly Subscriber[];
  readonly readCheckpoints: () => Promise<readonly Checkpoint[]>;
}

/**
 * Applies what is in the log up to a position, one subscriber after the other, without workers.
 *
 * @throws BatchFailed
 */
export async function catchUp(
  { subscribers, builders, readCheckpoints }: CatchUpOptions,
  target: Position,
): Promise<void> {
  // Of a raised version nobody here moves the live build, so its rebuild comes first.
  while ((await readCheckpoints()).some(({ rebuild, rebuildTo }) => rebuild && rebuildTo === null)) {
    if (!(await stepAll(builders))) await sleep(20);
  }
  for (const one of subscribers) await catchUpOne(one, target);
}

/** Steps each until it does not move. @returns whether one of them has moved @throws BatchFailed */
export async function stepAll(subscribers: readonly Subscriber[]): Promise<boolean> {
  let hasMoved = false;
  for (const one of subscribers) {
    await dropIfFenced(one, async () => {
      while ((await one.step()) === 'moved') hasMoved = true;
    });
  }
  return hasMoved;
}

async function catchUpOne(subscriber: Subscriber, target: Position): Promise<void> {
  const isBehind = (): boolean => (subscriber.position ?? -1n) < target;
  while (isBehind()) {
    await dropIfFenced(subscriber, async () => {
      if ((await subscriber.step()) !== 'moved' && isBehind()) await sleep(20);
      while (!isBehind() && (await subscriber.applyDeferred()) === 'moved');
    });
  }
}

/** Somebody else may have taken it over: then the next step asks the database again. */
async function dropIfFenced(subscriber: Subscriber, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    subscriber.drop();
    if (!(error instanceof Fenced)) throw error;
  }
}
