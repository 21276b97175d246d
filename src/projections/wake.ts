/** A bell that anybody in the process may wait for. */
export class Wake {
  private readonly waiting = new Set<() => void>();
  private isOver = false;

  ring(): void {
    for (const heard of [...this.waiting]) heard();
  }

  /** Rings for good: nobody waits any more. */
  end(): void {
    this.isOver = true;
    this.ring();
  }

  /** Resolves when it rings, after `ms` at the latest. */
  wait(ms: number): Promise<void> {
    if (this.isOver) return Promise.resolve();
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
