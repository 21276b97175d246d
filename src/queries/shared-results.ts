import { LRUCache } from 'lru-cache';
import type { QuerySlots } from './query-slots.js';

/** A result under its key, and how it is computed. */
export interface Wanted<V> {
  readonly key: string;
  readonly compute: () => Promise<V>;
}

/**
 * Results that are computed once: of requests in flight for the same, all wait for the first, and results are kept. What
 * one workspace asks for pushes out results of its own before those of others: room is taken from the workspace that has most.
 */
export class SharedResults<V extends object> {
  private readonly byWorkspace = new Map<string, LRUCache<string, V>>();
  private readonly inFlight = new Map<string, Promise<readonly V[]>>();

  /** @param slots limits how many are computed at once */
  constructor(
    private readonly slots: QuerySlots,
    private readonly limits: { readonly mostCells: number; readonly cellsOf: (result: V) => number },
  ) {}

  /**
   * Several results, computed where they are missing, one after the other and in one slot.
   *
   * @throws StoreUnavailable too many wait already
   */
  async all(workspace: string, wanted: readonly Wanted<V>[]): Promise<readonly V[]> {
    const known = wanted.flatMap(({ key }) => this.get(workspace, key) ?? []);
    if (known.length === wanted.length) return known;
    const name = JSON.stringify([workspace, ...wanted.map(({ key }) => key)]);
    const shared = this.inFlight.get(name);
    if (shared) return shared;
    const computed = this.slots.run(workspace, async () => {
      const results: V[] = [];
      for (const each of wanted) results.push(await this.cached(workspace, each));
      return results;
    });
    this.inFlight.set(name, computed);
    return computed.finally(() => this.inFlight.delete(name));
  }

  /** @throws StoreUnavailable too many wait already */
  async one(workspace: string, wanted: Wanted<V>): Promise<V> {
    const [result] = await this.all(workspace, [wanted]);
    if (!result) throw new RangeError(`no result of ${wanted.key}`);
    return result;
  }

  /** Without a slot: for what is part of a computation that has one. */
  async cached(workspace: string, { key, compute }: Wanted<V>): Promise<V> {
    const known = this.get(workspace, key);
    if (known) return known;
    const result = await compute();
    this.set(workspace, key, result);
    return result;
  }

  private get(workspace: string, key: string): V | undefined {
    return this.byWorkspace.get(workspace)?.get(key);
  }

  private set(workspace: string, key: string, result: V): void {
    const { mostCells: maxSize, cellsOf } = this.limits;
    const cache =
      this.byWorkspace.get(workspace) ??
      new LRUCache<string, V>({ maxSize, sizeCalculation: (each) => 1 + cellsOf(each) });
    this.byWorkspace.set(workspace, cache);
    cache.set(key, result);
    while (this.cells() > maxSize) this.evictFromLargest();
  }

  private cells(): number {
    return [...this.byWorkspace.values()].reduce((sum, { calculatedSize }) => sum + calculatedSize, 0);
  }

  private evictFromLargest(): void {
    const [workspace, cache] = [...this.byWorkspace].reduce((largest, each) =>
      each[1].calculatedSize > largest[1].calculatedSize ? each : largest,
    );
    cache.pop();
    if (cache.size === 0) this.byWorkspace.delete(workspace);
  }
}
