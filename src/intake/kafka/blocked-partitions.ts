export interface BlockedLog {
  log(line: string): void;
  warn(line: string): void;
}

/** Shorter ones are not logged: the log is full for a moment. */
const LOG_AFTER_MS = 5_000;

/** Partitions that cannot go on without the log, the keys or Kafka; logged once however many they are, and however seldom they try. */
export class BlockedPartitions {
  readonly #blocked = new Set<number>();
  #why: unknown;
  #timer: NodeJS.Timeout | undefined;
  #isLogged = false;

  constructor(
    private readonly log: BlockedLog,
    private readonly onChange: () => void,
    private readonly logAfterMs = LOG_AFTER_MS,
  ) {}

  has(partition: number): boolean {
    return this.#blocked.has(partition);
  }

  block(partition: number, why: unknown): void {
    this.#why = why;
    if (this.#blocked.has(partition)) return;
    this.#blocked.add(partition);
    this.#timer ??= setTimeout(() => this.#logBlocked(), this.logAfterMs);
    this.onChange();
  }

  unblock(partition: number): void {
    this.#blocked.delete(partition);
    if (this.#blocked.size === 0) this.#logUnblocked();
    this.onChange();
  }

  /** None is blocked: they are others' now, or start again. */
  clear(): void {
    this.#blocked.clear();
    this.#logUnblocked();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #logBlocked(): void {
    this.#isLogged = true;
    const why = this.#why;
    this.log.warn(`records of Kafka wait: ${why instanceof Error ? why.message : String(why)}`);
  }

  #logUnblocked(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isLogged) this.log.log('records of Kafka wait no longer');
    this.#isLogged = false;
  }
}
