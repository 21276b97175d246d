import { getHeapStatistics } from 'node:v8';
import { Problem } from '../problem.js';

/** Bytes that may be held at once. */
export interface BudgetLimits {
  /** By all requests together. */
  readonly total: number;
  /** By the requests that carry one key. */
  readonly perKey: number;
  /** By the requests of one client address. */
  readonly perAddress: number;
  /** By all requests whose key is not known yet. */
  readonly unauthenticated: number;
  /** By those of one client address. */
  readonly unauthenticatedPerAddress: number;
}

/**
 * A fifth of the heap is for requests under way: 102 MB of the usual 512 MB. One key may hold a half of it, as many a company
 * has just one; one address a third, as that may be a gateway with all its clients behind it, and still cannot use up the
 * share of a key. Without a key, all together may hold an eighth.
 */
export function limitsOfHeap(heapBytes: number = getHeapStatistics().heap_size_limit): BudgetLimits {
  const total = Math.floor(heapBytes / 5);
  const unauthenticated = Math.floor(total / 8);
  return {
    ...{ total, perKey: Math.floor(total / 2), perAddress: Math.floor(total / 3) },
    ...{ unauthenticated, unauthenticatedPerAddress: Math.floor(unauthenticated / 2) },
  };
}

/** There is no room for a request now: 503 where the process has none, 429 where its key or address has used its share. */
export class OverBudget extends Problem {
  constructor(kind: Share['kind']) {
    const owner = OWNERS[kind];
    super(
      owner === 'process' ? 503 : 429,
      owner === 'process' ? 'overloaded' : 'share-exceeded',
      `${owner === 'process' ? 'Too much' : `Too much of this ${owner}`} is under way just now; send it again`,
      [],
      { 'retry-after': '1' },
    );
  }
}

/** A part of the budget. Of the first two there is one each, of the others one for each key or address. */
interface Share {
  readonly kind: 'total' | 'unauthenticated' | 'key' | 'address' | 'unauthenticatedAddress';
  readonly id: string;
}

const OWNERS = {
  ...{ total: 'process', unauthenticated: 'process' },
  ...{ key: 'key', address: 'address', unauthenticatedAddress: 'address' },
} as const;

const TOTAL: Share = { kind: 'total', id: 'total' };
const UNAUTHENTICATED: Share = { kind: 'unauthenticated', id: 'unauthenticated' };

interface Waiter {
  readonly shares: readonly Share[];
  readonly bytes: number;
  readonly admit: () => void;
  /** Its request has ended: it waits no longer. */
  readonly dismiss: () => void;
}

/**
 * The memory that requests under way may hold, over all routes of HTTP and gRPC: their bodies, and what is made of them.
 * What does not fit is refused before it is read, or, where the client can be made to wait, waits in its turn.
 */
export class ByteBudget {
  readonly #used = new Map<string, number>();
  /** By the share that has no room for them. */
  readonly #waiting = new Map<string, Set<Waiter>>();

  constructor(private readonly limits: BudgetLimits = limitsOfHeap()) {}

  /** Held just now. */
  get bytes(): number {
    return this.#used.get(TOTAL.id) ?? 0;
  }

  /** A reservation of nothing, for a request of this client address whose key is not known yet. */
  open(address: string): Reservation {
    return new Reservation(this, address);
  }

  /** Adds to all shares, or to none. @returns the first one without room */
  tryAdd(shares: readonly Share[], bytes: number): Share | undefined {
    const full = shares.find(({ kind, id }) => (this.#used.get(id) ?? 0) + bytes > this.#limitOf(kind));
    if (full) return full;
    for (const { id } of shares) this.#used.set(id, (this.#used.get(id) ?? 0) + bytes);
    return undefined;
  }

  subtract(shares: readonly Share[], bytes: number): void {
    for (const { id } of shares) {
      const left = (this.#used.get(id) ?? 0) - bytes;
      if (left > 0) this.#used.set(id, left);
      else this.#used.delete(id);
    }
    for (const { id } of shares) this.#admitWaiting(id);
  }

  /** @param full the share that has no room for it */
  wait(waiter: Waiter, full: Share): void {
    const queue = this.#waiting.get(full.id);
    if (queue) queue.add(waiter);
    else this.#waiting.set(full.id, new Set([waiter]));
  }

  cancel(waiter: Waiter): void {
    for (const { id } of waiter.shares) this.#leaveQueue(id, waiter);
  }

  canEverHold(shares: readonly Share[], bytes: number): boolean {
    return shares.every(({ kind }) => bytes <= this.#limitOf(kind));
  }

  #admitWaiting(id: string): void {
    for (const waiter of this.#waiting.get(id) ?? []) {
      const full = this.tryAdd(waiter.shares, waiter.bytes);
      if (full?.id === id) return;
      this.#leaveQueue(id, waiter);
      if (full) this.wait(waiter, full);
      else waiter.admit();
    }
  }

  #leaveQueue(id: string, waiter: Waiter): void {
    const queue = this.#waiting.get(id);
    if (queue?.delete(waiter) && queue.size === 0) this.#waiting.delete(id);
  }

  #limitOf(kind: Share['kind']): number {
    const { total, perKey, perAddress, unauthenticated, unauthenticatedPerAddress } = this.limits;
    if (kind === 'total') return total;
    if (kind === 'unauthenticated') return unauthenticated;
    if (kind === 'unauthenticatedAddress') return unauthenticatedPerAddress;
    return kind === 'key' ? perKey : perAddress;
  }
}

/** What one request, or one call of gRPC, holds of the budget. */
export class Reservation {
  #held = 0;
  #shares: readonly Share[];
  readonly #waiters = new Set<Waiter>();
  #released = false;

  constructor(
    private readonly budget: ByteBudget,
    private readonly address: string,
  ) {
    const unauthenticatedAddress = {
      kind: 'unauthenticatedAddress',
      id: `unauthenticated/${address}`,
    } as const;
    this.#shares = [unauthenticatedAddress, UNAUTHENTICATED, addressShare(address), TOTAL];
  }

  get bytes(): number {
    return this.#held;
  }

  /** @throws OverBudget */
  grow(bytes: number): void {
    const full = this.#tryAdd(bytes);
    if (full) throw new OverBudget(full.kind);
  }

  /** False: there is no room. */
  tryGrow(bytes: number): boolean {
    return this.#tryAdd(bytes) === undefined;
  }

  /** Resolves once there is room for so much more, or the reservation was released. @throws OverBudget there never will be */
  async growWhenPossible(bytes: number): Promise<void> {
    const full = this.#tryAdd(bytes);
    if (!full) return;
    if (!this.budget.canEverHold(this.#shares, this.#held + bytes)) throw new OverBudget(full.kind);
    await new Promise<void>((resolve) => this.#wait(bytes, full, resolve));
  }

  shrink(bytes: number): void {
    if (this.#released) return;
    this.#held -= bytes;
    this.budget.subtract(this.#shares, bytes);
  }

  /** The key of the request is known: what it holds, and waits for, counts for that key from now on. @throws OverBudget */
  authenticate(key: string): void {
    if (this.#released) return;
    const shares = [{ kind: 'key', id: `key/${key}` } as const, addressShare(this.address), TOTAL];
    for (const waiter of this.#waiters) this.budget.cancel(waiter);
    this.budget.subtract(this.#shares, this.#held);
    const full = this.budget.tryAdd(shares, this.#held);
    this.#shares = shares;
    if (full) {
      this.#held = 0;
      throw new OverBudget(full.kind);
    }
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const { bytes, dismiss } of waiters) this.#growOrWait(bytes, dismiss);
  }

  /** Releases all bytes, for good; may be called again. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const waiter of this.#waiters) {
      this.budget.cancel(waiter);
      waiter.dismiss();
    }
    this.#waiters.clear();
    this.budget.subtract(this.#shares, this.#held);
    this.#held = 0;
  }

  #tryAdd(bytes: number): Share | undefined {
    if (this.#released) return undefined;
    const full = this.budget.tryAdd(this.#shares, bytes);
    if (!full) this.#held += bytes;
    return full;
  }

  #growOrWait(bytes: number, done: () => void): void {
    const full = this.#tryAdd(bytes);
    if (full) this.#wait(bytes, full, done);
    else done();
  }

  /** @param done is called once there is room, or the reservation was released */
  #wait(bytes: number, full: Share, done: () => void): void {
    const admit = (): void => {
      this.#waiters.delete(waiter);
      this.#held += bytes;
      done();
    };
    const waiter: Waiter = { shares: this.#shares, bytes, admit, dismiss: done };
    this.#waiters.add(waiter);
    this.budget.wait(waiter, full);
  }
}

const addressShare = (address: string): Share => ({ kind: 'address', id: `address/${address}` });
