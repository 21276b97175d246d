import type { FastifyRequest } from 'fastify';
import { textMember } from '../http/admission/json-shape.js';
import type { CollectorKey } from '../http/keys.js';
import { isObject } from './format.js';

export type { CollectorKey };

export const WRITE_KEY_UNKNOWN = 'This write key is unknown or revoked';

/** Undefined: nobody's key. May reject with StoreUnavailable. */
export type ResolveWriteKey = (key: string) => Promise<CollectorKey | undefined>;

/** The write key beside the body: user of HTTP Basic, Bearer, header `X-Write-Key`, query `writeKey`. */
export const keyBesideBody = ({ headers, query }: FastifyRequest): string | undefined =>
  keyBeside(headers, query);

interface KeyHeaders {
  readonly authorization?: string | undefined;
  readonly 'x-write-key'?: string | readonly string[] | undefined;
}

/** The same in the headers of a request or the metadata of a call. An `authorization` that is there decides alone. */
export function keyBeside(
  { authorization = '', 'x-write-key': header }: KeyHeaders,
  query?: unknown,
): string | undefined {
  const [, scheme = '', value = ''] = /^(basic|bearer)\s+(\S+)\s*$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme !== '') return basicUser(value);
  if (typeof header === 'string' && header.trim() !== '') return header.trim();
  return keyIn(query);
}

function basicUser(encoded: string): string | undefined {
  const user = Buffer.from(encoded, 'base64').toString('utf8').split(':')[0];
  return user === '' ? undefined : user;
}

/** The member `writeKey` of the query, or of a record of Kafka. */
export function keyIn(fields: unknown): string | undefined {
  const key = isObject(fields) ? fields.writeKey : undefined;
  return typeof key === 'string' ? nonBlank(key) : undefined;
}

/** The write key that a browser puts into the body, found without parsing it: that is done for known keys only. */
export const keyInText = (body: string): string | undefined => nonBlank(textMember(body, 'writeKey') ?? '');

const nonBlank = (key: string): string | undefined => key.trim() || undefined;
