import { Backoff } from '../backoff.js';
import { QueueFull, StoreUnavailable } from './event-store.js';

/** One waiting request. */
export interface Call {
  readonly events: number;
  readonly bytes: number;
}

export interface CoalescerOptions {
  /** A transaction takes no further request once it has this many events. */
  readonly fullAt: number;
  /** Transactions under way at once: one parses while the other commits. */
  readonly inFlight: number;
  /** Another transaction begins beside one under way only when so many events wait; fewer go together after it. */
  readonly overlapAt: number;
  readonly maxWaitingEvents: number;
  readonly maxWaitingBytes: number;
  /** A request whose transaction cannot be had is given up after this long. */
  readonly patienceMs: number;
}

const BACKOFF_MS = { first: 20, longest: 500 };

export const COALESCER_DEFAULTS: CoalescerOptions = {
  fullAt: 1_000,
  inFlight: 2,
  overlapAt: 500,
  maxWaitingEvents: 20_000,
  maxWaitingBytes: 32_000_000,
  patienceMs: 10_000,
};

interface Waiting<C, R> {
  readonly call: C;
  readonly since: number;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Lets requests that wait at the same time share one transaction. Memory is bounded: what is too much is refused. */
export class Coalescer<C extends Call, R> {
  readonly #options: CoalescerOptions;
  #queue: Waiting<C, R>[] = [];
  #queued = 0;
  #events = 0;
  #bytes = 0;
  #running = 0;
  #closed = false;
  #isDue = false;
  #idle: (() => void)[] = [];

  /**
   * @param write one transaction: a result a call. It must be safe to repeat with the same calls.
   * @param transient whether a failure of `write` may pass by itself; its fate is unknown then
   */
  constructor(
    private readonly write: (calls: readonly C[]) => Promise<readonly R[]>,
    private readonly transient: (error: unknown) => boolean,
    options: Partial<CoalescerOptions> = {},
  ) {
    this.#options = { ...COALESCER_DEFAULTS, ...options };
  }

  /** Events accepted and not yet durable. */
  get waitingEvents(): number {
    return this.#events;
  }

  /** Why a request of so many events cannot be added now; whoever would have to encode it first can ask before. */
  refusal(events: number): StoreUnavailable | undefined {
    if (this.#closed) return new StoreUnavailable('the event log is being closed', 5);
    return this.#isTooMuch(events) ? new QueueFull() : undefined;
  }

  /** @throws StoreUnavailable */
  add(call: C): Promise<R> {
    const refusal = this.refusal(call.events);
    if (refusal) return Promise.reject(refusal);
    this.#events += call.events;
    this.#bytes += call.bytes;
    return new Promise((resolve, reject) => {
      this.#queued += call.events;
      this.#queue.push({ call, since: performance.now(), resolve, reject });
      this.#schedule();
    });
  }

  /** Refuses further requests and resolves when those accepted have their answers. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#schedule();
    if (this.#running > 0 || this.#queue.length > 0)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** A request larger than the bounds is taken when it is alone. Bytes exceed their bound by one request at most. */
  #isTooMuch(events: number): boolean {
    const { maxWaitingEvents, maxWaitingBytes } = this.#options;
    return this.#events > 0 && (this.#events + events > maxWaitingEvents || this.#bytes >= maxWaitingBytes);
  }

  #schedule(): void {
    const { inFlight, overlapAt } = this.#options;
    if (this.#queue.length === 0 || this.#running >= inFlight) return;
    if (this.#running > 0) {
      if (this.#queued >= overlapAt) this.#begin();
      return;
    }
    // Requests that come in one turn of the event loop go together.
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (this.#running === 0) this.#begin();
    });
  }

  #begin(): void {
    let size = 0;
    let count = 0;
    for (const { call } of this.#queue) {
      if (count > 0 && size + call.events > this.#options.fullAt) break;
      size += call.events;
      count += 1;
    }
    const batch = this.#queue.splice(0, count);
    this.#queued -= size;
    this.#running += 1;
    void this.#run(batch).finally(() => {
      this.#running -= 1;
      this.#schedule();
      if (this.#running === 0 && this.#queue.length === 0)
        for (const resolve of this.#idle.splice(0)) resolve();
    });
    this.#schedule();
  }

  async #run(batch: readonly Waiting<C, R>[]): Promise<void> {
    let left = batch;
    for (const backoff = new Backoff(BACKOFF_MS); left.length > 0;) {
      try {
        const results = await this.write(left.map(({ call }) => call));
        left.forEach((waiting, index) => this.#settle(waiting, () => waiting.resolve(results[index] as R)));
        return;
      } catch (error) {
        if (!this.transient(error)) return this.#isolate(left, error);
        left = this.#giveUpOld(left, error);
        await backoff.wait();
      }
    }
  }

  /** One request holds something that the database will never take: find it, the others must not suffer. */
  async #isolate(batch: readonly Waiting<C, R>[], error: unknown): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only) {
      this.#settle(only, () => {
        only.reject(error);
      });
      return;
    }
    const half = Math.ceil(batch.length / 2);
    await this.#run(batch.slice(0, half));
    await this.#run(batch.slice(half));
  }

  #giveUpOld(batch: readonly Waiting<C, R>[], cause: unknown): readonly Waiting<C, R>[] {
    const limit = performance.now() - this.#options.patienceMs;
    const away = new StoreUnavailable('the database of the event log does not answer', 5, { cause });
    for (const waiting of batch)
      if (waiting.since <= limit) this.#settle(waiting, () => waiting.reject(away));
    return batch.filter(({ since }) => since > limit);
  }

  #settle({ call }: Waiting<C, R>, answer: () => void): void {
    this.#events -= call.events;
    this.#bytes -= call.bytes;
    answer();
  }
}
