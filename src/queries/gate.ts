import { StoreUnavailable } from '../event-store/event-store.js';

/**
 * Lets so many questions run at once and so many wait. Half of the pool's connections stay free for what a question
 * reads besides its own transaction, so questions cannot block each other for ever.
 */
export class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly width: number,
    private readonly queue = 200,
  ) {}

  /** @throws StoreUnavailable too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.width) {
      if (this.waiting.length >= this.queue) throw new StoreUnavailable('Too many questions at once', 1);
      await new Promise<void>((enter) => this.waiting.push(enter));
    } else {
      this.running++;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
