import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../../event-store/event-store.js';
import { tooLarge } from '../read-models.js';
import type { HookSelection } from '../../domain/engagement/hook-counts.js';
import type { InfluenceSelection } from '../../domain/engagement/influence-selection.js';
import type { CellRange, Engagement, EngagementQuery, HookCell, InfluenceCell } from './engagement.js';
import type {
  EngagementFailure,
  EngagementMethod,
  EngagementReply,
  EngagementThreadData,
} from './engagement-thread.js';

const THREAD = new URL('./engagement-thread.js', import.meta.url);

interface Waiting {
  readonly worker: Worker;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Counts in a thread of its own, which holds up no other request. It starts with the first query, and ends when there was none for
 * long, by which all that it kept is given back. What waits when it dies is answered with `Retry-After`.
 */
export class EngagementThread implements Engagement {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #calls = 0;
  readonly #waiting = new Map<number, Waiting>();

  constructor(
    private readonly data: EngagementThreadData,
    private readonly script = THREAD,
  ) {}

  hooks(query: EngagementQuery<HookSelection>): Promise<CellRange<HookCell>> {
    return this.#call('hooks', query);
  }

  influence(query: EngagementQuery<InfluenceSelection>): Promise<CellRange<InfluenceCell>> {
    return this.#call('influence', query);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #call<A>(method: EngagementMethod, query: object): Promise<A> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    this.#calls += 1;
    const id = this.#calls;
    return new Promise<A>((resolve, reject) => {
      this.#waiting.set(id, { worker, resolve, reject });
      worker.postMessage({ id, method, query });
    });
  }

  #start(): Worker {
    const worker = new Worker(this.script, { workerData: this.data });
    let fault: unknown;
    worker.on('message', (reply: EngagementReply) => this.#receive(reply));
    worker.on('error', (error) => void (fault = error));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#rejectAll(worker, fault);
    });
    return worker;
  }

  #rejectAll(ended: Worker, cause: unknown): void {
    for (const [id, { worker, reject }] of this.#waiting) {
      if (worker !== ended) continue;
      this.#waiting.delete(id);
      reject(new StoreUnavailable('The thread of metrics has ended; retry later', 1, { cause }));
    }
  }

  #receive(reply: EngagementReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('answer' in reply) waiting?.resolve(reply.answer as never);
    else waiting?.reject(errorOf(reply.failure));
    if (this.#waiting.size === 0)
      this.#idle = setTimeout(() => void this.#end(), this.data.limits.idleMs).unref();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function errorOf({ kind, message }: EngagementFailure): Error {
  if (kind === 'timeout') return tooLarge();
  if (kind === 'outage')
    return new StoreUnavailable('The database does not answer', 2, { cause: new Error(message) });
  return new Error(message);
}
