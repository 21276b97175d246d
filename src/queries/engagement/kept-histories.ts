import type { BuyerHistory } from '../../domain/engagement/buyer-history.js';
import type { Dictionaries } from './dictionaries.js';
import type { EngagementScope } from './engagement.js';

/** The history of a workspace at a position. */
export interface KeptHistory {
  readonly workspace: string;
  readonly version: string;
  /** Of its months. */
  readonly timeZone: string;
  readonly dictionaries: Dictionaries;
  readonly history: BuyerHistory;
  /** Where it is. */
  asOf: bigint;
  usedAt: number;
  bytes: number;
}

export interface KeptLimits {
  /** Of all workspaces, with what is read at the moment. */
  readonly bytes: number;
  readonly idleMs: number;
}

export const DEFAULT_KEPT: KeptLimits = { bytes: 256 * 1024 * 1024, idleMs: 600_000 };

/** Histories that are kept within a budget: those that were used last. */
export class KeptHistories {
  readonly #kept = new Set<KeptHistory>();
  /** What those take that are in use and may not be let go. */
  readonly #inUse = new Map<object, number>();

  constructor(
    readonly limits: KeptLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes out the one at the position, else the latest before it, with months of the same time zone; `put` returns it. */
  take({ workspace, version, timeZone, asOf }: EngagementScope): KeptHistory | undefined {
    const ofWorkspace = [...this.#kept].filter((kept) => kept.workspace === workspace);
    // Of another version nothing is right any more.
    for (const kept of ofWorkspace) if (kept.version !== version) this.#kept.delete(kept);
    const found = ofWorkspace
      .filter((kept) => kept.version === version && kept.timeZone === timeZone && kept.asOf <= asOf)
      .reduce<KeptHistory | undefined>(
        (last, kept) => (last && last.asOf > kept.asOf ? last : kept),
        undefined,
      );
    if (found) this.#kept.delete(found);
    return found;
  }

  put(kept: KeptHistory): void {
    kept.usedAt = this.now();
    kept.bytes = kept.history.bytes + kept.dictionaries.bytes;
    this.#kept.add(kept);
    this.#shrink(this.limits.bytes);
  }

  /**
   * Notes what somebody uses, and lets go of others until it fits.
   *
   * @returns whether it does
   */
  claim(owner: object, bytes: number): boolean {
    this.#inUse.set(owner, bytes);
    const used = [...this.#inUse.values()].reduce((sum, each) => sum + each, 0);
    this.#shrink(this.limits.bytes - used);
    return used <= this.limits.bytes;
  }

  release(owner: object): void {
    this.#inUse.delete(owner);
  }

  /** Lets go of what was not used for long. */
  purge(): void {
    for (const kept of this.#kept) if (this.now() - kept.usedAt > this.limits.idleMs) this.#kept.delete(kept);
  }

  get bytes(): number {
    return [...this.#kept].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #shrink(budget: number): void {
    let { bytes } = this;
    // The first to be put back is the one that was not used for the longest time.
    for (const kept of this.#kept) {
      if (bytes <= budget) return;
      this.#kept.delete(kept);
      bytes -= kept.bytes;
    }
  }
}
