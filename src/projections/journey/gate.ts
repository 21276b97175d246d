/** The database failed while a batch was read: no event is at fault. */
export class ReadFailed extends Error {
  override readonly name = 'ReadFailed';
}

/**
 * Collects what many workers, who take turns on one thread, want to read, and reads it with one statement a kind once
 * all of them wait. So each person's events are applied one after the other as if alone, and the database is asked as
 * if it were one question.
 */
export class Gate<Wants extends object> {
  readonly #read: { readonly [K in keyof Wants]: (wanted: readonly Wants[K][]) => Promise<void> };
  #wanted = new Map<keyof Wants, Set<Wants[keyof Wants]>>();
  #turn: Promise<void> | undefined;

  constructor(read: { readonly [K in keyof Wants]: (wanted: readonly Wants[K][]) => Promise<void> }) {
    this.#read = read;
  }

  /** Resolves when it has been read. @throws ReadFailed */
  ask<K extends keyof Wants>(kind: K, ...wanted: readonly Wants[K][]): Promise<void> {
    const set = this.#wanted.get(kind) ?? new Set();
    for (const each of wanted) set.add(each);
    this.#wanted.set(kind, set);
    this.#turn ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#serve().then(resolve, (cause: unknown) => reject(new ReadFailed('reading failed', { cause })));
      });
    });
    return this.#turn;
  }

  async #serve(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Map();
    this.#turn = undefined;
    for (const [kind, set] of wanted) await this.#read[kind]([...set]);
  }
}
