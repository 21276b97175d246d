import { isAnonymous, keyValue, type IdentityKey } from '../../domain/identity.js';
import type { KeyRecord, Lead } from './records.js';
import type { UnitOfWork } from './unit-of-work.js';

/** One thing to apply: keys it names, and e-mail domains it changes the meaning of. */
export interface Item {
  readonly workspace: string;
  readonly keys: readonly IdentityKey[];
  readonly domains: readonly string[];
}

/**
 * Divides the items of a batch into groups that have no lead in common, each in the order given: groups may be applied
 * side by side, as no item of one can change what an item of another finds.
 */
export function groups<T extends Item>(uow: UnitOfWork, items: readonly T[]): T[][] {
  const sets = new Sets();
  const changing = new Set(
    items.flatMap(({ workspace, domains }) => domains.map((each) => `d\0${workspace}\0${each}`)),
  );
  for (const item of items) joinItem(uow, sets, item, changing);
  for (const lead of changing.size > 0 ? uow.leads : []) {
    for (const each of domainsOf(uow, lead)) {
      const domain = `d\0${lead.workspace}\0${each}`;
      if (changing.has(domain)) sets.join(`l\0${lead.workspace}\0${lead.id}`, domain);
    }
  }
  return [...Map.groupBy(items, (item) => sets.of(nodeOf(item))).values()];
}

const nodeOf = ({ workspace, keys, domains }: Item): string =>
  keys[0] === undefined ? `d\0${workspace}\0${domains[0] ?? ''}` : `k\0${workspace}\0${keys[0]}`;

function joinItem(uow: UnitOfWork, sets: Sets, item: Item, changing: ReadonlySet<string>): void {
  const { workspace } = item;
  const node = nodeOf(item);
  for (const domain of item.domains) sets.join(node, `d\0${workspace}\0${domain}`);
  for (const key of item.keys) {
    const own = `k\0${workspace}\0${key}`;
    sets.join(node, own);
    if (sets.met(own)) continue;
    for (const related of relatedTo(uow.key(workspace, key))) sets.join(own, related);
    if (changing.size === 0 || !key.startsWith('email:')) continue;
    const domain = `d\0${workspace}\0${uow.domainOf(keyValue(key)) ?? ''}`;
    if (changing.has(domain)) sets.join(own, domain);
  }
}

/** The domain a lead is known by, and those it may come to be known by. */
function domainsOf(uow: UnitOfWork, { names, keys }: Lead): string[] {
  const emails = [...keys].filter(({ key }) => key.startsWith('email:'));
  return [names.emailDomain ?? '', ...emails.map(({ key }) => uow.domainOf(keyValue(key)) ?? '')];
}

/** The lead of a key; of an anonymous one all who ever claimed it, with their leads. */
function relatedTo({ workspace, lead, links }: KeyRecord): string[] {
  const known = [...links.keys()].filter((key) => !isAnonymous(key));
  return [...(lead ? [`l\0${workspace}\0${lead.id}`] : []), ...known.map((key) => `k\0${workspace}\0${key}`)];
}

/** Disjoint sets of names. */
class Sets {
  readonly #parents = new Map<string, string>();
  readonly #met = new Set<string>();

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

  /** Whether it was asked before. */
  met(name: string): boolean {
    if (this.#met.has(name)) return true;
    this.#met.add(name);
    return false;
  }
}
