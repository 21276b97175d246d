import type { AccountObserved } from './events.js';
import { earlier, type Stamp } from './identity/keys.js';
import type { KeyScope, Traits } from './touchpoint.js';

/** A value with the time it was stated, and the key scope if it is public; a `null` value withdraws the previous one. */
export type Statement = readonly [value: unknown, at: number, id: string, scope?: KeyScope];

/** The state of an account: for each value the statement in effect. */
export interface AccountState {
  readonly name: Statement | null;
  readonly domain: Statement | null;
  readonly traits: Readonly<Record<string, Statement>>;
  readonly firstSeen: Stamp;
}

/**
 * Adds a fact; returns the same object if it changes nothing. A statement of a server-side key takes precedence over every
 * statement of a public key, whatever their times; within a scope the latest applies. So the state depends on the set of
 * facts, not on the order of their arrival.
 */
export function observeAccount(
  before: AccountState | undefined,
  { name, domain, traits, keyScope }: AccountObserved,
  stamp: Stamp,
): AccountState {
  const supersede = (current: Statement | null | undefined, value: unknown): Statement | null => {
    const next: Statement = keyScope ? [value, stamp.at, stamp.id, keyScope] : [value, stamp.at, stamp.id];
    return value !== undefined && (!current || outranks(next, current)) ? next : (current ?? null);
  };
  const changed = Object.entries(traits ?? {}).flatMap(([key, value]) => {
    const statement = supersede(before?.traits[key], value);
    return statement === null || statement === before?.traits[key] ? [] : [[key, statement] as const];
  });
  const after: AccountState = {
    name: supersede(before?.name, name),
    domain: supersede(before?.domain, domain),
    traits:
      before && changed.length === 0 ? before.traits : { ...before?.traits, ...Object.fromEntries(changed) },
    firstSeen: before && !earlier(stamp, before.firstSeen) ? before.firstSeen : stamp,
  };
  return before && isSame(before, after) ? before : after;
}

const isSame = (before: AccountState, after: AccountState): boolean =>
  (['name', 'domain', 'traits', 'firstSeen'] as const).every((part) => before[part] === after[part]);

const stampOf = ([, at, id]: Statement): Stamp => ({ at, id });

function outranks(next: Statement, current: Statement): boolean {
  if (isPublic(next) !== isPublic(current)) return !isPublic(next);
  return earlier(stampOf(current), stampOf(next));
}

const isPublic = ([, , , scope]: Statement): boolean => scope === 'public';

/** Whether the first account owns a shared e-mail domain: a domain from a server-side key wins, else the first seen account. */
export function ownsDomainBefore(
  a: { readonly accountId: string; readonly state: AccountState },
  b: { readonly accountId: string; readonly state: AccountState },
): boolean {
  const [aIsPublic, bIsPublic] = [a, b].map(({ state }) => state.domain !== null && isPublic(state.domain));
  if (aIsPublic !== bIsPublic) return bIsPublic === true;
  if (earlier(a.state.firstSeen, b.state.firstSeen)) return true;
  return !earlier(b.state.firstSeen, a.state.firstSeen) && a.accountId < b.accountId;
}

/** The text of the statement in effect. */
export const textOf = (statement: Statement | null): string | null =>
  typeof statement?.[0] === 'string' ? statement[0] : null;

/** The traits in effect, without withdrawn ones. */
export const accountTraits = ({ traits }: AccountState): Traits =>
  Object.fromEntries(
    Object.entries(traits).flatMap(([name, [value]]) =>
      value === null || value === undefined ? [] : [[name, value]],
    ),
  );
