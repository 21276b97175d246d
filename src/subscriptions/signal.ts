/** Wakes whoever in this process waits for something to change. */
export class Signal {
  private readonly waiting = new Set<() => void>();
  private isClosed = false;

  notify(): void {
    for (const resume of [...this.waiting]) resume();
  }

  /** Nobody waits any more, now or later. */
  close(): void {
    this.isClosed = true;
    this.notify();
  }

  /** Resolves when it is notified, after `ms` at the latest. */
  wait(ms: number): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.waiting.add(done);
    });
  }
}
