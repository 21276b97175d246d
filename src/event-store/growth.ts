import type { Position } from '../domain/events.js';

interface Waiter {
  readonly after: Position;
  readonly wake: () => void;
}

/**
 * Who waits for the log to grow, and how far this process knows it to reach. Threads of one process share that number:
 * what one has appended wakes the readers of the others at once.
 */
export class Growth {
  readonly #waiters = new Set<Waiter>();
  readonly #head: BigInt64Array<SharedArrayBuffer>;
  readonly #joined: boolean;
  #watching = false;

  /** @param shared of another thread's `Growth` */
  constructor(shared?: SharedArrayBuffer) {
    this.#joined = shared !== undefined;
    this.#head = new BigInt64Array(shared ?? new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));
  }

  get shared(): SharedArrayBuffer {
    return this.#head.buffer;
  }

  get reached(): Position {
    return Atomics.load(this.#head, 0);
  }

  get waiting(): boolean {
    return this.#waiters.size > 0;
  }

  /** @returns whether that is further than was known */
  reach(position: Position): boolean {
    for (let known = this.reached; position > known; known = this.reached) {
      if (Atomics.compareExchange(this.#head, 0, known, position) !== known) continue;
      Atomics.notify(this.#head, 0);
      this.#wakeThose(position);
      return true;
    }
    return false;
  }

  /** Resolves once the log is known to reach past `after`, or after `timeoutMs`. */
  waitFor(after: Position, timeoutMs: number): Promise<void> {
    if (this.reached > after) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { after, wake: () => done() };
      const timer = setTimeout(() => done(), timeoutMs);
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve();
      };
      this.#waiters.add(waiter);
      if (this.#joined) this.#watch();
    });
  }

  wakeAll(): void {
    for (const waiter of this.#waiters) waiter.wake();
  }

  #wakeThose(position: Position): void {
    for (const waiter of this.#waiters) if (waiter.after < position) waiter.wake();
  }

  /** Waits for the other threads, as long as somebody here waits. */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const look = (): void => {
      this.#watching = false;
      this.#wakeThose(this.reached);
      if (this.waiting) this.#watch();
    };
    const { async, value } = Atomics.waitAsync(this.#head, 0, this.reached);
    if (async) void value.then(look);
    else look();
  }
}
