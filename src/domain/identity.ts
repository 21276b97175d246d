import { createHash } from 'node:crypto';

export const KEY_KINDS = ['user', 'email', 'crm', 'anonymous'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** What an event says about who it was, normalised: `email:ada@acme.example`, `anonymous:a-1`, `user:u-1`, `crm:003…`. */
export type IdentityKey = `${KeyKind}:${string}`;

export function identityKey(kind: KeyKind, value: string): IdentityKey {
  const clean = value.trim().normalize('NFC');
  return `${kind}:${kind === 'email' ? clean.toLowerCase() : clean}`;
}

export const isAnonymous = (key: IdentityKey): boolean => key.startsWith('anonymous:');

/** The part behind the kind: `ada@acme.example` of `email:ada@acme.example`. */
export const keyValue = (key: IdentityKey): string => key.slice(key.indexOf(':') + 1);

/** The lead id a key would have if it stood alone. A lead goes by the id of its key that was seen first. */
export function leadIdOf(workspace: string, key: IdentityKey): string {
  const hash = createHash('sha256').update(`lead\0${workspace}\0${key}`).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
