import type { RecordedEvent } from '../../domain/events.js';
import { isAnonymous, keyValue } from '../../domain/identity/keys.js';
import type { BatchItem } from './batch-item.js';
import type { KeyRecord, Reachable } from './records.js';
import type { WorkingSet } from './working-set.js';

/** Two events whose groups were found to reach the same lead. */
export type Overlap = readonly [RecordedEvent, RecordedEvent];

/**
 * Divides the items of a batch into groups that are expected to have no lead in common, each in the order given, by
 * what is in work before any is applied. What is expected is checked as they are applied (`UnitOfWork`).
 *
 * @param overlaps what the check found before
 */
export function groups(
  set: WorkingSet,
  items: readonly BatchItem[],
  overlaps: readonly Overlap[],
): BatchItem[][] {
  const sets = new DisjointSets();
  for (const item of items) joinItem(set, sets, item);
  if (overlaps.length > 0) {
    const nodes = new Map(items.map((item) => [item.event, nodeOf(set, item)]));
    for (const [one, other] of overlaps) sets.join(nodes.get(one), nodes.get(other));
  }
  return [...Map.groupBy(items, (item) => sets.rootOf(nodeOf(set, item))).values()];
}

/** Keys, leads and e-mail domains are joined; an item counts as the first of them. */
const nodeOf = (
  set: WorkingSet,
  { workspace, records, domains, rejudged }: BatchItem,
): Reachable | undefined =>
  records[0] ?? set.changingDomain(workspace, domains[0] ?? null) ?? rejudged[0]?.records[0];

function joinItem(set: WorkingSet, sets: DisjointSets, item: BatchItem): void {
  const node = nodeOf(set, item);
  for (const each of item.domains) {
    const domain = set.changingDomain(item.workspace, each);
    sets.join(node, domain);
    for (const lead of domain?.leads ?? []) sets.join(domain, lead);
  }
  for (const record of item.records) {
    sets.join(node, record);
    joinKey(set, sets, record);
  }
  for (const { records } of item.rejudged)
    for (const record of records) {
      sets.join(node, record);
      joinKey(set, sets, record);
    }
}

/** With the lead of a key; an anonymous one with all who ever claimed it; an address with its company. */
function joinKey(set: WorkingSet, sets: DisjointSets, record: KeyRecord): void {
  if (!sets.visit(record)) return;
  const { workspace, key, lead, state } = record;
  sets.join(record, lead);
  if (isAnonymous(key)) {
    for (const other of state.links.keys()) {
      if (isAnonymous(other)) continue;
      const claimer = set.key(workspace, other);
      sets.join(record, claimer);
      joinKey(set, sets, claimer);
    }
  } else if (key.startsWith('email:')) {
    const domain = set.domainOf(workspace)(keyValue(key));
    if (domain !== undefined) sets.join(record, set.changingDomain(workspace, domain));
  }
}

let divisions = 0;

/** The sets of one division of a batch; what is known of a node is kept with it, and counts for this division alone. */
class DisjointSets {
  readonly #division = ++divisions;

  rootOf(node: Reachable | undefined): Reachable | undefined {
    let at = node && this.#enter(node);
    while (at?.parent) {
      if (at.parent.parent) at.parent = at.parent.parent;
      at = at.parent;
    }
    return at;
  }

  /** What is undefined joins nothing. */
  join(a: Reachable | undefined, b: Reachable | undefined): void {
    if (!a || !b || a === b) return;
    const [one, two] = [this.rootOf(a), this.rootOf(b)];
    if (one && two && one !== two) two.parent = one;
  }

  /** @returns whether it was not visited before */
  visit(node: Reachable): boolean {
    this.#enter(node);
    if (node.isVisited) return false;
    return (node.isVisited = true);
  }

  #enter(node: Reachable): Reachable {
    if (node.division !== this.#division) {
      node.division = this.#division;
      node.parent = undefined;
      node.isVisited = false;
    }
    return node;
  }
}
