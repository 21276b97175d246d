/** Bytes that partitions buffer together: at the high mark reading pauses, at the low mark it goes on. */
export class BufferLimit {
  #bytes = 0;
  #full = false;

  constructor(
    private readonly high: number,
    private readonly low: number,
    private readonly onChange: () => void,
  ) {}

  get isFull(): boolean {
    return this.#full;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#full && this.#bytes >= this.high) this.#setFull(true);
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#full && this.#bytes <= this.low) this.#setFull(false);
  }

  #setFull(full: boolean): void {
    this.#full = full;
    this.onChange();
  }
}
