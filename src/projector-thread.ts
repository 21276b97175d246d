import { Worker } from 'node:worker_threads';
import type { LoggerService } from '@nestjs/common';
import { Backoff } from './backoff.js';
import type { MakeRunnerHost, RunnerHost } from './subscriptions/runner-host.js';
import type { SubscriptionRunner } from './subscriptions/runner.js';
import type { SubscriptionObserver } from './subscriptions/subscriber.js';
import type { FromProjector, ProjectorData, ToProjector } from './projector.js';

const PROJECTOR = new URL('./projector.js', import.meta.url);
/** Room for new objects: with less V8 collects all the time, on cores that others need. */
const LIMITS = { maxYoungGenerationSizeMb: 48 };
/** How often the thread is sent how busy this one is. */
const LOAD_MS = 250;
/** A moment of a quarter of a second is busy by chance: this makes the load one of about a second. */
const LOAD_SMOOTHING = 0.25;
const RESTART_MS = { first: 500, longest: 30_000 };

/**
 * Projections in a thread of their own: folding journeys holds up no answer, and both run at the same time. A thread that
 * dies is restarted; what it had not committed is projected from the log again.
 */
export class ProjectorThread implements RunnerHost {
  #worker: Worker | undefined;
  #running: Promise<void> | undefined;
  #reporting: NodeJS.Timeout | undefined;
  #utilization = performance.eventLoopUtilization();
  #load = 0;
  readonly #stopping = new AbortController();

  constructor(
    private readonly data: ProjectorData,
    private readonly log: LoggerService,
    private readonly runner: SubscriptionRunner,
    private readonly observe: SubscriptionObserver,
    private readonly script = PROJECTOR,
  ) {}

  start(): void {
    this.#running ??= this.#keepRunning();
    this.#reporting ??= setInterval(() => this.#reportLoad(), LOAD_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#reporting);
    this.#stopping.abort();
    this.#post('stop');
    await this.#running;
  }

  wake(): void {
    this.#post('wake');
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    const isStopping = (): boolean => signal.aborted;
    for (const backoff = new Backoff(RESTART_MS); !isStopping();) {
      const began = performance.now();
      const reason = await this.#runOnce();
      if (isStopping()) return;
      this.log.error(`the projection thread exited and is restarted: ${reason}`, 'projections');
      if (performance.now() - began > RESTART_MS.longest) backoff.reset();
      await backoff.wait(signal);
    }
  }

  /** @returns why it ended */
  #runOnce(): Promise<string> {
    const worker = new Worker(this.script, { workerData: this.data, resourceLimits: LIMITS });
    this.#worker = worker;
    let fault: Error | undefined;
    worker.on('message', (message: FromProjector) => this.#receive(message));
    worker.on('error', (error) => void (fault = error instanceof Error ? error : new Error(String(error))));
    return new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#worker = undefined;
        resolve(fault?.message ?? `exit code ${code}`);
      });
    });
  }

  #receive(message: FromProjector): void {
    if ('level' in message) {
      this.log[message.level](message.line, 'projections');
      return;
    }
    const observe = this.observe[message.observe] as (...args: readonly unknown[]) => void;
    observe(...message.args);
    // After the commit: readers of this process need not wait for their next poll.
    if (message.observe === 'applied') this.runner.moved.notify();
  }

  /** The collectors run in this thread. */
  #reportLoad(): void {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    this.#load += LOAD_SMOOTHING * (utilization - this.#load);
    this.#post({ servingLoad: this.#load });
  }

  #post(message: ToProjector): void {
    this.#worker?.postMessage(message);
  }
}

export const runInThread =
  (data: ProjectorData, log: LoggerService): MakeRunnerHost =>
  (runner, observe) =>
    new ProjectorThread(data, log, runner, observe);
