/** A bounded amount of something that calls share. Who finds no room waits for it, in the order of asking. */
export class Room {
  #taken = 0;
  readonly #waiting: { readonly amount: number; readonly enter: () => void }[] = [];

  constructor(private readonly size: number) {}

  get taken(): number {
    return this.#taken;
  }

  /** False: there is no room just now, or others wait for it. */
  tryEnter(amount: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(amount)) return false;
    this.#taken += amount;
    return true;
  }

  /** Resolves once there is room. What is larger than all of it enters alone. */
  async enter(amount: number): Promise<void> {
    if (this.tryEnter(amount)) return;
    await new Promise<void>((enter) => this.#waiting.push({ amount, enter }));
  }

  leave(amount: number): void {
    this.#taken -= amount;
    for (let next = this.#waiting[0]; next && this.#fits(next.amount); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#taken += next.amount;
      next.enter();
    }
  }

  #fits(amount: number): boolean {
    return this.#taken === 0 || this.#taken + amount <= this.size;
  }
}
