import { Refused } from '../domain/refused.js';
import { type Projection, type Subscription, isReactor } from './subscription.js';

/** What a rebuild concerns. */
export interface RebuildPlan {
  /** They start over. */
  readonly rebuilt: readonly Subscription[];
  /** Never rebuilt, but after one that is: they keep their checkpoints, and what they have in hand is rolled back. */
  readonly fenced: readonly Subscription[];
}

/** Every projection and reactor there is. */
export class Registry {
  /** Each after those that it is `after`. */
  readonly subscriptions: readonly Subscription[];

  /** @throws Error when two have one name, or when some wait for each other or for one that is not listed */
  constructor(subscriptions: readonly Subscription[]) {
    const names = subscriptions.map(({ name }) => name);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    if (twice.length > 0) throw new Error(`two subscriptions have one name: ${twice.join(', ')}`);
    this.subscriptions = inDependencyOrder(subscriptions);
  }

  /** @throws Refused `projection-not-found` */
  get(name: string): Subscription {
    const found = this.subscriptions.find((one) => one.name === name);
    if (found) return found;
    const known = this.subscriptions.map((one) => one.name).join(', ');
    throw new Refused('projection-not-found', `There is no projection "${name}"; there are: ${known}`);
  }

  /** @throws Error when it is a reactor, which has no tables */
  projection(name: string): Projection {
    const found = this.get(name);
    if (isReactor(found)) throw new Error(`${name} is a reactor, and has no tables`);
    return found;
  }

  /** The chosen ones, and those that are after them, directly or through others that are rebuilt. */
  rebuildPlan(chosen: readonly Subscription[]): RebuildPlan {
    const dependents = this.dependentsOf(...chosen);
    const rebuilt = this.subscriptions.filter(
      (one) => chosen.includes(one) || dependents.rebuilt.includes(one),
    );
    return { rebuilt, fenced: dependents.fenced.filter((one) => !chosen.includes(one)) };
  }

  /** What starts over, or waits, when the rows of the given ones change in the past. */
  dependentsOf(...changed: readonly Subscription[]): RebuildPlan {
    const names = new Set(changed.map(({ name }) => name));
    const rebuilt: Subscription[] = [];
    const fenced: Subscription[] = [];
    for (const one of this.subscriptions) {
      if (!one.after.some((other) => names.has(other))) continue;
      if (!isRebuildable(one)) fenced.push(one);
      else if (!names.has(one.name)) rebuilt.push(one);
      if (isRebuildable(one)) names.add(one.name);
    }
    return { rebuilt, fenced };
  }
}

export const isRebuildable = ({ rebuild = 'allowed' }: Subscription): boolean => rebuild === 'allowed';

function inDependencyOrder(subscriptions: readonly Subscription[]): Subscription[] {
  const ordered: Subscription[] = [];
  const names = new Set<string>();
  while (ordered.length < subscriptions.length) {
    const next = subscriptions.find(
      ({ name, after }) => !names.has(name) && after.every((other) => names.has(other)),
    );
    if (!next) {
      const stuck = subscriptions.filter(({ name }) => !names.has(name)).map(({ name }) => name);
      throw new Error(`these wait for each other, or for one that is not listed: ${stuck.join(', ')}`);
    }
    ordered.push(next);
    names.add(next.name);
  }
  return ordered;
}
