/** Bytes of records that wait to be written; over the one bound nothing more is asked for, under the other it is again. */
export class Room {
  #bytes = 0;
  #full = false;

  constructor(
    private readonly fullAt: number,
    private readonly emptyAt: number,
    private readonly changed: () => void,
  ) {}

  get full(): boolean {
    return this.#full;
  }

  take(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#full && this.#bytes >= this.fullAt) this.#turn(true);
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#full && this.#bytes <= this.emptyAt) this.#turn(false);
  }

  #turn(full: boolean): void {
    this.#full = full;
    this.changed();
  }
}
