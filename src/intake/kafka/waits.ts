export interface WaitsLog {
  log(line: string): void;
  warn(line: string): void;
}

/** A shorter wait is told by the figures alone: the log is full for a moment. */
const TELL_AFTER_MS = 5_000;

/** Partitions that wait for the log, the keys or Kafka; told once however many wait, and however seldom they try. */
export class Waits {
  readonly #waiting = new Set<number>();
  #why: unknown;
  #timer: NodeJS.Timeout | undefined;
  #told = false;

  constructor(
    private readonly log: WaitsLog,
    private readonly changed: () => void,
    private readonly tellAfterMs = TELL_AFTER_MS,
  ) {}

  has(partition: number): boolean {
    return this.#waiting.has(partition);
  }

  begin(partition: number, why: unknown): void {
    this.#why = why;
    if (this.#waiting.has(partition)) return;
    this.#waiting.add(partition);
    this.#timer ??= setTimeout(() => this.#tell(), this.tellAfterMs);
    this.changed();
  }

  end(partition: number): void {
    this.#waiting.delete(partition);
    if (this.#waiting.size === 0) this.#over();
    this.changed();
  }

  /** None waits: they are others' now, or begin anew. */
  clear(): void {
    this.#waiting.clear();
    this.#over();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    this.#told = true;
    const why = this.#why;
    this.log.warn(`records of Kafka wait: ${why instanceof Error ? why.message : String(why)}`);
  }

  #over(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#told) this.log.log('records of Kafka wait no longer');
    this.#told = false;
  }
}
