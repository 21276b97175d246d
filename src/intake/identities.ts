import { hash } from 'node:crypto';
import { emailAddress } from '../domain/email.js';
import { identityKey, type IdentityKey } from '../domain/identity/keys.js';
import { isObject, type JsonObject } from './json.js';
import { reject, type Rejected } from './outcome.js';
import type { Reading } from './reading.js';

/** Longer ids do not fit the indexes that look them up. In UTF-16 units. */
export const ID_LENGTH = 256;

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const BROKEN = /[\u0000-\u001f\u007f\ufffd\ud800-\udfff]/u;

/**
 * An id as text; undefined when the client gave none, or a placeholder, which is noted. Numbers are taken as text.
 *
 * @param path of the field
 */
export function idOf(value: unknown, path: string, reading: Reading): string | undefined | Rejected {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    return reject('identity-invalid', 'is not a whole number; send it as text', path);
  }
  if (typeof value !== 'string' && typeof value !== 'number') {
    return reject('identity-invalid', 'must be text or a whole number', path);
  }
  const id = String(value).trim().normalize('NFC');
  if (id.length > ID_LENGTH) {
    return reject('identity-invalid', `must have at most ${ID_LENGTH} characters`, path);
  }
  if (BROKEN.test(id)) return reject('identity-invalid', 'holds characters that are not text', path);
  return id === '' || isNobody(id, path, reading) ? undefined : id;
}

function isNobody(id: string, path: string, reading: Reading): boolean {
  if (!reading.isPlaceholder(id)) return false;
  reading.warn(
    'placeholder-ignored',
    `"${id.slice(0, 100).toWellFormed()}" is a placeholder and identifies nobody`,
    path,
  );
  return true;
}

/** Said of what is no e-mail address. */
export const NO_ADDRESS = 'is not an e-mail address and identifies nobody';

/** An e-mail address in its one form; undefined when the client gave none. What is none, or a placeholder, is noted. */
export function emailOf(value: unknown, path: string, reading: Reading): string | undefined {
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === ''))
    return undefined;
  const address = typeof value === 'string' ? emailAddress(value) : undefined;
  if (typeof value === 'string' && isNobody(value, path, reading)) return undefined;
  if (address === undefined) reading.warn('email-invalid', NO_ADDRESS, path);
  return address;
}

export const isEmailOrPlaceholder = (text: string, { isPlaceholder }: Reading): boolean =>
  isPlaceholder(text) || emailAddress(text) !== undefined;

/** An id that the rest of the message does without: what is none is noted. */
export function optionalId(value: unknown, path: string, reading: Reading): string | undefined {
  const id = idOf(value, path, reading);
  if (id === undefined || typeof id === 'string') return id;
  reading.warn(id.rejected.code, id.rejected.message, path);
  return undefined;
}

/** A user id that is an e-mail address is also an e-mail key, so that mail events find the same person. */
export const emailIn = (id: string | undefined): string | undefined =>
  id === undefined ? undefined : emailAddress(id);

/** In characters. The formats refuse longer ones. */
export const MESSAGE_ID_LENGTH = 100;

/** A message id as text: numbers as they are written, without space around. Undefined: the client gave none. */
export function messageIdOf(value: unknown): string | undefined {
  const id = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return id === '' ? undefined : id;
}

export interface Ids {
  readonly user?: string | undefined;
  readonly email?: string | undefined;
  readonly crm?: string | undefined;
  /** A second anonymous id, of the same browser on all sites; it lasts longer than the other. */
  readonly network?: string | undefined;
  readonly anonymous?: string | undefined;
}

const ORDER = ['user', 'email', 'crm', 'network', 'anonymous'] as const satisfies readonly (keyof Ids)[];

/** The keys in the order in which they name a stream: the first is the primary one. */
export function keysOf(ids: Ids): readonly IdentityKey[] {
  const keys: IdentityKey[] = [];
  for (const kind of ORDER) {
    const value = ids[kind];
    if (value === undefined || (kind === 'anonymous' && value === ids.network)) continue;
    keys.push(identityKey(kind === 'network' ? 'anonymous' : kind, value));
  }
  return keys;
}

/** What stays the same when a client sends an item again; `stm` is Snowplow’s `sentAt`. */
export function lasting(item: JsonObject): JsonObject {
  const { sentAt: _, stm: __, writeKey: ___, ...content } = item;
  return content;
}

/** A message without an id of its own is known by its content and this occasion. */
export const derivedMessageId = (item: unknown, occasion: string): string =>
  `sha256-${hash('sha256', JSON.stringify(isObject(item) ? lasting(item) : item) + occasion, 'base64url')}`;
