import type { Position } from '../../domain/events.js';
import type { Range } from '../../subscriptions/subscription.js';
import type { WorkingSet } from './working-set.js';

/** More than this is not kept from batch to batch: some 3 KB a lead, half a KB a key, 1.5 KB a touchpoint of a
 * journey that was read. */
export interface Limits {
  readonly leads: number;
  readonly keys: number;
  readonly touchpoints: number;
}

/**
 * Working sets between the batches of one owner. One is thrown away after anything but a batch that goes on where the last
 * one ended: what failed, or was rolled back, comes again from an earlier position.
 */
export class WorkingSetCache {
  readonly #sets = new WeakMap<object, { readonly position: Position; readonly set: WorkingSet }>();

  constructor(private readonly limits: Limits) {}

  take({ owner, after }: Range): WorkingSet | undefined {
    const kept = owner && this.#sets.get(owner);
    if (owner) this.#sets.delete(owner);
    return kept?.position === after ? kept.set : undefined;
  }

  keep({ owner, upTo }: Range, set: WorkingSet | undefined): void {
    if (!owner || !set) return;
    const { limits } = this;
    const { leads, keys, touchpoints } = set.size;
    if (leads <= limits.leads && keys <= limits.keys && touchpoints <= limits.touchpoints)
      this.#sets.set(owner, { position: upTo, set });
  }
}
