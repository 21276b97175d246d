import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { memoize } from '../../../domain/memoize.js';
import { isObject, type JsonObject } from '../../json.js';

/** What is loaded: a picture, a link, or a link that no person sees (a honeypot). */
export const LINK_TYPES = ['open', 'click', 'honeypot'] as const;
export type LinkType = (typeof LINK_TYPES)[number];

/** What a token says. It is bound to one recipient and one mail. */
export interface Link {
  readonly type: LinkType;
  readonly email?: string | undefined;
  readonly userId?: string | undefined;
  /** Where it leads; of a picture there is none. */
  readonly url?: string | undefined;
  readonly campaign?: string | undefined;
  readonly contentId?: string | undefined;
  readonly contentTitle?: string | undefined;
  readonly mailId?: string | undefined;
  /** Unix time in seconds. */
  readonly expiresAt: number;
}

const VERSION = 1;
const [NONCE_BYTES, TAG_BYTES, KEY_BYTES] = [12, 16, 32];

interface Keys {
  readonly encryption: Buffer;
  readonly nonce: Buffer;
}

/** Of a signing secret of the collector: what is made for another purpose from the same secret has other keys. */
const keysOf = memoize(1_000, (secret: string): Keys => {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', 'touchline link tokens', 2 * KEY_BYTES));
  return { encryption: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES) };
});

/**
 * A token that nobody else can make, change or read (AES-256-GCM): addresses stand in the logs of every proxy, and the recipient's
 * is in it. The nonce derives from the content, so the same link has the same token.
 *
 * @param collector id, which is readable: it selects the secrets that verify the token
 */
export function sealLink(link: Link, collector: string, secret: string): string {
  const { encryption, nonce: nonceKey } = keysOf(secret);
  const text = JSON.stringify(shortened(link));
  const head = Buffer.concat([Buffer.from([VERSION, Buffer.byteLength(collector)]), Buffer.from(collector)]);
  const nonce = createHmac('sha256', nonceKey).update(head).update(text).digest().subarray(0, NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', encryption, nonce).setAAD(head);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([head, nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** The id of the collector that a token names; undefined: it is no token. */
export function collectorOf(token: string): string | undefined {
  const head = headOf(Buffer.from(token, 'base64url'));
  return head?.toString('utf8', 2);
}

/** Undefined: none of the secrets sealed it, or it was changed. */
export function openLink(token: string, secrets: readonly string[]): Link | undefined {
  const bytes = Buffer.from(token, 'base64url');
  const head = headOf(bytes);
  // Decoding passes over what is no base64url: only the one spelling is the token.
  if (!head || bytes.toString('base64url') !== token) return undefined;
  for (const secret of secrets) {
    const text = decrypted(bytes, head, keysOf(secret).encryption);
    if (text !== undefined) return lengthened(JSON.parse(text));
  }
  return undefined;
}

function headOf(bytes: Buffer): Buffer | undefined {
  const end = 2 + (bytes[1] ?? 0);
  const isWhole = bytes[0] === VERSION && end > 2 && bytes.length > end + NONCE_BYTES + TAG_BYTES;
  return isWhole ? bytes.subarray(0, end) : undefined;
}

function decrypted(bytes: Buffer, head: Buffer, key: Buffer): string | undefined {
  const [tag, text] = [head.length + NONCE_BYTES, head.length + NONCE_BYTES + TAG_BYTES];
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(head.length, tag));
    decipher.setAAD(head).setAuthTag(bytes.subarray(tag, text));
    return Buffer.concat([decipher.update(bytes.subarray(text)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** Names as tokens have them: each byte makes every link of a mail longer. */
const SHORT = {
  ...{ type: 'k', email: 'e', userId: 'u', url: 't', campaign: 'c' },
  ...{ contentId: 'i', contentTitle: 'n', mailId: 'm', expiresAt: 'x' },
} as const satisfies Record<keyof Link, string>;

const FIELDS = Object.entries(SHORT) as readonly (readonly [keyof Link, string])[];

const shortened = (link: Link): JsonObject =>
  Object.fromEntries(FIELDS.map(([name, short]) => [short, link[name]]));

function lengthened(fields: unknown): Link | undefined {
  if (!isObject(fields)) return undefined;
  return Object.fromEntries(
    FIELDS.flatMap(([name, short]) => (fields[short] === undefined ? [] : [[name, fields[short]]])),
  ) as unknown as Link;
}
