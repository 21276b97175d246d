export interface WaitsLog {
  log(line: string): void;
  warn(line: string): void;
}

/** A wait this short is told by the figures alone: the log is full for a moment. */
const TELL_AFTER_MS = 5_000;

/** Partitions that wait for the log, the keys or Kafka; told once however many wait. */
export class Waits {
  readonly #since = new Map<number, number>();
  #told = false;

  constructor(
    private readonly log: WaitsLog,
    private readonly changed: () => void,
  ) {}

  has(partition: number): boolean {
    return this.#since.has(partition);
  }

  begin(partition: number, why: unknown): void {
    const since = this.#since.get(partition);
    if (since === undefined) {
      this.#since.set(partition, Date.now());
      this.changed();
    } else if (!this.#told && Date.now() - since > TELL_AFTER_MS) {
      this.#told = true;
      this.log.warn(`records of Kafka wait: ${why instanceof Error ? why.message : String(why)}`);
    }
  }

  end(partition: number): void {
    this.#since.delete(partition);
    if (this.#told && this.#since.size === 0) {
      this.#told = false;
      this.log.log('records of Kafka wait no longer');
    }
    this.changed();
  }

  clear(): void {
    this.#since.clear();
  }
}
