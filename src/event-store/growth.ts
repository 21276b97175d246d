import type { Position } from '../domain/events.js';

interface Waiter {
  readonly after: Position;
  readonly wake: () => void;
}

/** Who waits for the log to grow, and how far this process knows it to reach. */
export class Growth {
  readonly #waiters = new Set<Waiter>();
  #reached: Position = 0n;

  get reached(): Position {
    return this.#reached;
  }

  get waiting(): boolean {
    return this.#waiters.size > 0;
  }

  /** @returns whether that is further than was known */
  reach(position: Position): boolean {
    if (position <= this.#reached) return false;
    this.#reached = position;
    for (const waiter of this.#waiters) if (waiter.after < position) waiter.wake();
    return true;
  }

  /** Resolves once the log is known to reach past `after`, or after `timeoutMs`. */
  waitFor(after: Position, timeoutMs: number): Promise<void> {
    if (this.#reached > after) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { after, wake: () => done() };
      const timer = setTimeout(() => done(), timeoutMs);
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve();
      };
      this.#waiters.add(waiter);
    });
  }

  wakeAll(): void {
    for (const waiter of this.#waiters) waiter.wake();
  }
}
