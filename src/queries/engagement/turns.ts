/** Work that is done one after the other where it has the same name. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const run = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const done: Promise<void> = run.then(ignore, ignore).then(() => {
      if (this.#last.get(name) === done) this.#last.delete(name);
    });
    this.#last.set(name, done);
    return run;
  }
}

const ignore = (): void => undefined;
