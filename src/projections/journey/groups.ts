import { isAnonymous, keyValue, type IdentityKey } from '../../domain/identity.js';
import type { Lead } from './records.js';
import type { WorkingSet } from './working-set.js';

/** One thing to apply: keys it names, and e-mail domains whose account it changes. */
export interface Item {
  readonly workspace: string;
  readonly keys: readonly IdentityKey[];
  readonly domains: readonly string[];
}

/** Two items, by their nodes, whose groups were found to reach the same lead. */
export type Overlap = readonly [string, string];

/**
 * Divides the items of a batch into groups that are expected to have no lead in common, each in the order given, by
 * what is in work before any is applied. What is expected is checked as they are applied (`UnitOfWork`).
 *
 * @param overlaps what the check found before
 */
export function groups<T extends Item>(
  set: WorkingSet,
  items: readonly T[],
  overlaps: readonly Overlap[],
): T[][] {
  const sets = new Sets();
  for (const item of items) joinItem(set, sets, item);
  for (const [one, other] of overlaps) sets.join(one, other);
  return [...Map.groupBy(items, (item) => sets.of(nodeOf(item))).values()];
}

export const nodeOf = ({ workspace, keys, domains }: Item): string =>
  keys[0] === undefined ? domainNode(workspace, domains[0] ?? '') : keyNode(workspace, keys[0]);

const keyNode = (workspace: string, key: string): string => `k\0${workspace}\0${key}`;
const domainNode = (workspace: string, domain: string): string => `d\0${workspace}\0${domain}`;
const leadNode = ({ workspace, id }: Lead): string => `l\0${workspace}\0${id}`;

function joinItem(set: WorkingSet, sets: Sets, item: Item): void {
  const { workspace } = item;
  const node = nodeOf(item);
  for (const domain of item.domains) {
    const own = domainNode(workspace, domain);
    sets.join(node, own);
    for (const lead of set.changingDomain(workspace, domain)?.leads ?? []) sets.join(own, leadNode(lead));
  }
  for (const key of item.keys) {
    sets.join(node, keyNode(workspace, key));
    joinKey(set, sets, workspace, key);
  }
}

/** With the lead of a key; an anonymous one with all who ever claimed it; an address with its company. */
function joinKey(set: WorkingSet, sets: Sets, workspace: string, key: IdentityKey): void {
  const own = keyNode(workspace, key);
  if (!sets.visit(own)) return;
  const { lead, state } = set.key(workspace, key);
  if (lead) sets.join(own, leadNode(lead));
  if (isAnonymous(key)) {
    for (const claimer of state.links.keys()) {
      if (isAnonymous(claimer)) continue;
      sets.join(own, keyNode(workspace, claimer));
      joinKey(set, sets, workspace, claimer);
    }
  }
  const domain = key.startsWith('email:') ? set.domainOf(workspace)(keyValue(key)) : undefined;
  if (domain !== undefined && set.changingDomain(workspace, domain)) {
    sets.join(own, domainNode(workspace, domain));
  }
}

/** Disjoint sets of names. */
class Sets {
  readonly #parents = new Map<string, string>();
  readonly #visited = new Set<string>();

  of(name: string): string {
    let at = name;
    for (let up = this.#parents.get(at); up !== undefined; up = this.#parents.get(at)) {
      const above = this.#parents.get(up);
      if (above !== undefined) this.#parents.set(at, above);
      at = up;
    }
    return at;
  }

  join(a: string, b: string): void {
    const [one, two] = [this.of(a), this.of(b)];
    if (one !== two) this.#parents.set(two, one);
  }

  /** @returns whether it was not visited before */
  visit(name: string): boolean {
    if (this.#visited.has(name)) return false;
    this.#visited.add(name);
    return true;
  }
}
