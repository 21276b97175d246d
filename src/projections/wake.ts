/** A bell that anybody in the process may wait for. */
export class Wake {
  private readonly waiting = new Set<() => void>();

  ring(): void {
    for (const heard of [...this.waiting]) heard();
  }

  /** Resolves when it rings, after `ms` at the latest. */
  wait(ms: number): Promise<void> {
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
