/** Bytes that calls hold at once, up to a limit. Who cannot acquire them waits in turn. */
export class ByteSemaphore {
  #acquired = 0;
  readonly #waiting: { readonly bytes: number; readonly proceed: () => void }[] = [];

  constructor(private readonly limit: number) {}

  /** Resolves once the bytes are acquired. More than the limit are acquired alone. */
  async acquire(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) this.#acquired += bytes;
    else await new Promise<void>((proceed) => this.#waiting.push({ bytes, proceed }));
  }

  release(bytes: number): void {
    this.#acquired -= bytes;
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#acquired += next.bytes;
      next.proceed();
    }
  }

  #fits(bytes: number): boolean {
    return this.#acquired === 0 || this.#acquired + bytes <= this.limit;
  }
}
