import { setImmediate as immediate } from 'node:timers/promises';
import { PoisonedEvent } from '../../subscriptions/subscription.js';
import { applyGroup } from './apply-group.js';
import type { BatchItem } from './batch-item.js';
import { ReadFailed } from './gate.js';
import type { Overlap } from './groups.js';
import { run } from './loading.js';
import { GroupsOverlap, UnitOfWork } from './unit-of-work.js';
import type { WorkingSet } from './working-set.js';

/** Events that are applied before the database is looked after again, and before what came of them is written. */
const AT_A_TIME = 100;
const A_WRITE = 500;

/**
 * Groups have no lead in common, so what came of some is written while the next are applied: half of the work is
 * PostgreSQL's, and would wait for ours. Once groups overlap nothing more is written, and the rest is applied only to
 * find out which others do.
 */
export async function applyGroups(
  set: WorkingSet,
  all: readonly (readonly BatchItem[])[],
  write: () => Promise<void>,
): Promise<readonly Overlap[]> {
  const found: GroupsOverlap[] = [];
  let unwritten = 0;
  for (let next = 0; next < all.length;) {
    const some: (readonly BatchItem[])[] = [];
    for (let events = 0; events < AT_A_TIME && next < all.length; next += 1) {
      const group = all[next] ?? [];
      some.push(group);
      events += group.length;
      unwritten += group.length;
    }
    found.push(...overlapsOrFirstFault(await faultsOf(set, some), found.length > 0));
    if (unwritten < A_WRITE || found.length > 0) await immediate();
    else {
      await write();
      unwritten = 0;
    }
  }
  if (found.length === 0) await write();
  return found.flatMap(({ group, other }): Overlap[] => {
    const [one, two] = [all[group - set.firstGroup]?.[0], all[other - set.firstGroup]?.[0]];
    return one && two ? [[one.event, two.event]] : [];
  });
}

/** Applies groups until all of them are done, so that nobody uses the connection any more. @returns what went wrong */
async function faultsOf(set: WorkingSet, groups: readonly (readonly BatchItem[])[]): Promise<unknown[]> {
  const faults: unknown[] = [];
  const waiting: Promise<void>[] = [];
  for (const group of groups) {
    try {
      // Units of work are numbered as the groups are.
      const rest = run(applyGroup(new UnitOfWork(set, set.nextGroup()), group));
      if (rest) waiting.push(rest);
    } catch (fault) {
      faults.push(fault);
    }
  }
  for (const each of await Promise.allSettled(waiting))
    if (each.status === 'rejected') faults.push(each.reason);
  return faults;
}

/**
 * What is wrong with an event shows in earnest only while no groups overlap.
 *
 * @throws what is wrong with the first event
 */
function overlapsOrFirstFault(faults: readonly unknown[], overlapped: boolean): readonly GroupsOverlap[] {
  const failed = faults.find((fault) => fault instanceof ReadFailed);
  if (failed) throw failed.cause;
  const overlaps = faults.filter((fault) => fault instanceof GroupsOverlap);
  if (faults.length === 0 || overlaps.length > 0 || overlapped) return overlaps;
  const poisoned = faults.filter((fault) => fault instanceof PoisonedEvent);
  if (poisoned.length === 0) throw faults[0];
  throw poisoned.reduce((a, b) => (b.event.position < a.event.position ? b : a));
}
