/** Wakes whoever in this process waits for something to change. */
export class Signal {
  private readonly waiting = new Set<(isNotified: boolean) => void>();
  private isClosed = false;

  notify(): void {
    for (const resume of [...this.waiting]) resume(true);
  }

  /** Nobody waits any more, now or later. */
  close(): void {
    this.isClosed = true;
    this.notify();
  }

  /** Resolves when it is notified, after `ms` at the latest. @returns whether it was notified */
  wait(ms: number): Promise<boolean> {
    if (this.isClosed) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (isNotified: boolean): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve(isNotified);
      };
      const timer = setTimeout(done, ms, false);
      this.waiting.add(done);
    });
  }
}
