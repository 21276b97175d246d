import { hash } from 'node:crypto';
import { identityKey, type IdentityKey, type KeyKind } from '../domain/identity.js';
import { isObject, type JsonObject } from './format.js';
import { reject, type Rejected } from './outcome.js';

/** Longer ids do not fit the indexes that look them up. In UTF-16 units. */
export const ID_LENGTH = 256;

/**
 * What broken clients send when they know nobody. Taken as an id it would make one person of thousands; the list
 * follows the one of PostHog's ingestion.
 */
const NOBODY = new Set(
  (
    'null,undefined,none,nil,nan,true,false,0,[object object],{},[],n/a,na,id,email,user,userid,user_id,anonymous,guest,unknown,' +
    'distinct_id,distinctid,not_authenticated,unauthenticated,00000000-0000-0000-0000-000000000000'
  ).split(','),
);

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const BROKEN = /[\u0000-\u001f\u007f\ufffd\ud800-\udfff]/u;
const EMAIL = /^[^\s@"(),:;<>[\]\\]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

/** An id as text; undefined when the client gave none, or one that stands for nobody. Numbers are taken as text. */
export function idOf(value: unknown, path: string): string | undefined | Rejected {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    return reject('identity-invalid', 'is no whole number that JSON carries exactly; send it as text', path);
  }
  if (typeof value !== 'string' && typeof value !== 'number') {
    return reject('identity-invalid', 'must be text or a whole number', path);
  }
  const id = String(value).trim().normalize('NFC');
  if (id.length > ID_LENGTH) {
    return reject('identity-invalid', `must have at most ${ID_LENGTH} characters`, path);
  }
  if (BROKEN.test(id)) return reject('identity-invalid', 'holds characters that are not text', path);
  return id === '' || NOBODY.has(id.toLowerCase()) ? undefined : id;
}

/** In characters. The formats refuse longer ones. */
export const MESSAGE_ID_LENGTH = 100;

/** A message id as text: numbers as they are written, without space around. Undefined: the client gave none. */
export function messageIdOf(value: unknown): string | undefined {
  const id = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return id === '' ? undefined : id;
}

export const isEmail = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 254 && EMAIL.test(value.trim()) && !BROKEN.test(value);

export interface Ids {
  readonly user?: string | undefined;
  readonly email?: string | undefined;
  readonly crm?: string | undefined;
  readonly anonymous?: string | undefined;
}

const ORDER = ['user', 'email', 'crm', 'anonymous'] as const satisfies readonly KeyKind[];

/** The keys in the order in which they name a stream: the first is the primary one. */
export function keysOf(ids: Ids): readonly IdentityKey[] {
  const keys: IdentityKey[] = [];
  for (const kind of ORDER) {
    const value = ids[kind];
    if (value !== undefined) keys.push(identityKey(kind, value));
  }
  return keys;
}

/** What stays the same when a client sends an item again. */
export function lasting(item: JsonObject): JsonObject {
  const { sentAt: _, writeKey: __, ...content } = item;
  return content;
}

/** A message without an id of its own is known by its content and this occasion. */
export const derivedMessageId = (item: unknown, occasion: string): string =>
  `sha256-${hash('sha256', JSON.stringify(isObject(item) ? lasting(item) : item) + occasion, 'base64url')}`;
