/** More would cost an insertion in the middle as much as finding the block. */
const LARGEST_BLOCK = 512;

/**
 * A list in an order of its own, in blocks: an insertion anywhere moves one block's items, not the whole rest. Compared by
 * `order`; no two items of a list compare as equal.
 */
export class OrderedList<Item> {
  /** None is empty, unless it is the only one. */
  readonly #blocks: Item[][] = [[]];

  constructor(private readonly order: (a: Item, b: Item) => number) {}

  get first(): Item | undefined {
    return this.#blocks[0]?.[0];
  }

  get last(): Item | undefined {
    return this.#blocks.at(-1)?.at(-1);
  }

  insert(item: Item): void {
    const after = this.#blockOf(item);
    const at = Math.min(after, this.#blocks.length - 1);
    const block = this.#blocks[at] ?? [];
    if (after > at) block.push(item);
    else block.splice(this.#countUpTo(block, item), 0, item);
    if (block.length > LARGEST_BLOCK) this.#blocks.splice(at + 1, 0, block.splice(block.length >>> 1));
  }

  /** Takes out the item that compares as equal. @returns it, if there was one */
  delete(item: Item): Item | undefined {
    const at = this.#blockOf(item);
    const block = this.#blocks[at] ?? [];
    const place = this.#countUpTo(block, item) - 1;
    const found = block[place];
    if (found === undefined || this.order(found, item) !== 0) return undefined;
    block.splice(place, 1);
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(at, 1);
    return found;
  }

  /** The last item before one, which need not be in the list. */
  before(item: Item): Item | undefined {
    const at = this.#blockOf(item);
    if (at === this.#blocks.length) return this.last;
    const block = this.#blocks[at] ?? [];
    const upTo = this.#countUpTo(block, item);
    const found = block[upTo - 1];
    const place = found !== undefined && this.order(found, item) === 0 ? upTo - 2 : upTo - 1;
    return block[place] ?? this.#blocks[at - 1]?.at(-1);
  }

  /** The first item after one, which need not be in the list. */
  after(item: Item): Item | undefined {
    const at = this.#blockOf(item);
    const block = this.#blocks[at] ?? [];
    return block[this.#countUpTo(block, item)] ?? this.#blocks[at + 1]?.[0];
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const block of this.#blocks) yield* block;
  }

  /** Index of the first block whose last item does not come before the item; most items are the newest. */
  #blockOf(item: Item): number {
    const { last: newest } = this;
    if (newest === undefined || this.order(newest, item) < 0) return this.#blocks.length;
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = this.#blocks[middle]?.at(-1);
      if (last !== undefined && this.order(last, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many items of a block come before the item or compare as equal. */
  #countUpTo(block: readonly Item[], item: Item): number {
    let low = 0;
    let high = block.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = block[middle];
      if (found !== undefined && this.order(found, item) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
