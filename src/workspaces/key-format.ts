import { createHash, randomBytes } from 'node:crypto';

/**
 * A new key: 192 random bits after a prefix that names what it opens (`wk` public write key, `sk` server-side write key, `ak`
 * API key).
 */
export const makeKey = (kind: 'wk' | 'sk' | 'ak'): string =>
  `${kind}_${randomBytes(24).toString('base64url')}`;

/** What is stored of a key: SHA-256, hex. Keys are random, so neither salt nor stretching would add anything. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Enough of a key to distinguish it in a list, never more than a third of it. */
export const prefixOf = (key: string): string => key.slice(0, Math.min(8, Math.floor(key.length / 3)));
