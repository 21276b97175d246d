import type { Projection } from './subscription.js';

/**
 * The projections with those whose rows others read first.
 *
 * @throws Error when they wait for each other or for one that is not listed
 */
export function inDependencyOrder(projections: readonly Projection[]): Projection[] {
  const ordered: Projection[] = [];
  const names = new Set<string>();
  while (ordered.length < projections.length) {
    const next = projections.find(
      ({ name, after }) => !names.has(name) && after.every((other) => names.has(other)),
    );
    if (!next) {
      const stuck = projections.filter(({ name }) => !names.has(name)).map(({ name }) => name);
      throw new Error(`these wait for each other, or for one that is not listed: ${stuck.join(', ')}`);
    }
    ordered.push(next);
    names.add(next.name);
  }
  return ordered;
}

/** The given projections and all that read their rows, directly or through others. */
export function withDependents(all: readonly Projection[], chosen: readonly Projection[]): Projection[] {
  const names = new Set(chosen.map(({ name }) => name));
  for (let before = -1; before !== names.size;) {
    before = names.size;
    for (const { name, after } of all) if (after.some((other) => names.has(other))) names.add(name);
  }
  return all.filter(({ name }) => names.has(name));
}
