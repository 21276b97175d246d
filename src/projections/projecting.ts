import type { ProjectionRunner } from './runner.js';
import type { SlotObserver } from './slot.js';

/** What keeps the read models of this process moving: the runner itself, or a thread that has one. */
export interface Projecting {
  start(): void;
  /** Lets the batches in flight end and gives up the leases. */
  stop(): Promise<void>;
  /** A command asked for a rebuild or a retry. */
  nudge(): void;
}

/** @param runner of the serving thread: commands and readers of checkpoints use it, whoever does the work */
export type MakeProjecting = (runner: ProjectionRunner, observe: SlotObserver) => Projecting;

export const inThisThread: MakeProjecting = (runner) => runner;

/** Injection token of the runners of a process: of the read models, and of reactors where there are any. */
export const RUNNERS = Symbol('Runners');
