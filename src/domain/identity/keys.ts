import { hash } from 'node:crypto';
import { emailAddress } from '../email.js';

export const KEY_KINDS = ['user', 'email', 'crm', 'anonymous'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** What an event says about who it was, normalised: `email:ada@acme.example`, `anonymous:a-1`, `user:u-1`, `crm:003…`. */
export type IdentityKey = `${KeyKind}:${string}`;

export function identityKey(kind: KeyKind, value: string): IdentityKey {
  const address = kind === 'email' ? emailAddress(value) : undefined;
  if (address !== undefined) return `email:${address}`;
  const clean = value.trim().normalize('NFC');
  return `${kind}:${kind === 'email' ? clean.toLowerCase() : clean}`;
}

export const isAnonymous = (key: IdentityKey): boolean => key.startsWith('anonymous:');

/** The part behind the kind: `ada@acme.example` of `email:ada@acme.example`. */
export const keyValue = (key: IdentityKey): string => key.slice(key.indexOf(':') + 1);

/** The lead id a key would have if it stood alone. A lead goes by the id of its key that was seen first. */
export function leadIdOf(workspace: string, key: IdentityKey): string {
  const hex = hash('sha256', `lead\0${workspace}\0${key}`, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The sort key of a fact among all facts: time (ms), then event id. */
export interface Stamp {
  readonly at: number;
  readonly id: string;
}

export const earlier = (a: Stamp, b: Stamp): boolean => a.at < b.at || (a.at === b.at && a.id < b.id);

/** The key that an event goes by: its user id, else e-mail, else CRM id, else anonymous id. */
export function mainKey(keys: readonly IdentityKey[]): IdentityKey | undefined {
  const [first] = keys;
  if (keys.length < 2) return first;
  return keys.reduce((main, key) => (kindRank(key) < kindRank(main) ? key : main));
}

/** Which of two keys names the lead: the one seen first; of keys first seen in one event, the kind decides. */
export function seenBefore(
  a: { readonly key: IdentityKey; readonly firstSeen: Stamp },
  b: { readonly key: IdentityKey; readonly firstSeen: Stamp },
): boolean {
  if (earlier(a.firstSeen, b.firstSeen)) return true;
  if (earlier(b.firstSeen, a.firstSeen)) return false;
  return kindRank(a.key) - kindRank(b.key) < 0 || (kindRank(a.key) === kindRank(b.key) && a.key < b.key);
}

const kindRank = (key: IdentityKey): number => KEY_KINDS.indexOf(key.slice(0, key.indexOf(':')) as KeyKind);

/** The pair an explicit decision is about, in one order whoever named it first. */
export const pairOf = (a: IdentityKey, b: IdentityKey): readonly [IdentityKey, IdentityKey] =>
  a < b ? [a, b] : [b, a];

/** Groups keys that links join, directly or over others; each group in the order the keys were given. */
export function connected<K>(keys: Iterable<K>, links: Iterable<readonly [K, K]>): K[][] {
  const parent = new Map<K, K>();
  for (const key of keys) parent.set(key, key);
  const root = (key: K): K => {
    let at = key;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) {
      parent.set(at, parent.get(up) ?? up);
      at = up;
    }
    return at;
  };
  for (const [a, b] of links) if (parent.has(a) && parent.has(b)) parent.set(root(b), root(a));
  return [...Map.groupBy(parent.keys(), root).values()];
}
