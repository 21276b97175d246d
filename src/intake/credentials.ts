import type { FastifyRequest } from 'fastify';
import { textMember } from '../http/admission/json-shape.js';
import type { CollectorKey } from '../http/known-keys.js';
import { type Credential, type CredentialLocation } from './format.js';
import { isObject } from './json.js';

export type { CollectorKey };

export const WRITE_KEY_UNKNOWN = 'This write key is unknown or revoked';

/** Undefined: nobody's key. May reject with StoreUnavailable. */
export type ResolveWriteKey = (key: string) => Promise<CollectorKey | undefined>;

/** The same for any credential. */
export type ResolveCollector = (credential: Credential) => Promise<CollectorKey | undefined>;

/** The credential that is this write key; undefined: there is none. */
export const writeKey = (key: string | undefined): Credential | undefined =>
  key === undefined ? undefined : { kind: 'write-key', value: key };

/** The id of the collector, as parameter `collector` of the path: of webhooks, whose requests are signed instead. */
export const COLLECTOR_ID: CredentialLocation = {
  inHead: ({ params }) => ({ kind: 'collector-id', value: params.collector ?? '' }),
  schemes: [],
};

/** User of HTTP Basic, Bearer, header `X-Write-Key`, query `writeKey`, or the member `writeKey` of the body, as browsers send it. */
export const WRITE_KEY: CredentialLocation = {
  inHead: ({ headers, query }) =>
    writeKey(keyInHeaders(headers, () => (query === '' ? undefined : keyInQuery(query)))),
  inBody: (text) => writeKey(nonBlank(textMember(text, 'writeKey') ?? '')),
};

/** The same for a request that is no collector's. */
export const writeKeyBeside = ({ headers, query }: FastifyRequest): string | undefined =>
  keyInHeaders(headers, () => keyIn(query));

interface KeyHeaders {
  readonly authorization?: string | readonly string[] | undefined;
  readonly 'x-write-key'?: string | readonly string[] | undefined;
}

/** In the headers of a request or the metadata of a call. An `authorization` that is there decides alone. */
export function keyInHeaders(
  { authorization = '', 'x-write-key': header }: KeyHeaders,
  keyElsewhere: () => string | undefined = () => undefined,
): string | undefined {
  const [, scheme = '', value = ''] = /^(basic|bearer)\s+(\S+)\s*$/i.exec(String(authorization)) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme !== '') return basicUser(value);
  if (typeof header === 'string' && header.trim() !== '') return header.trim();
  return keyElsewhere();
}

function basicUser(encoded: string): string | undefined {
  const user = Buffer.from(encoded, 'base64').toString('utf8').split(':')[0];
  return user === '' ? undefined : user;
}

function keyInQuery(query: string): string | undefined {
  const [key = '', ...others] = new URLSearchParams(query).getAll('writeKey');
  return others.length === 0 ? nonBlank(key) : undefined;
}

/** The member `writeKey` of an object. */
export function keyIn(fields: unknown): string | undefined {
  const key = isObject(fields) ? fields.writeKey : undefined;
  return typeof key === 'string' ? nonBlank(key) : undefined;
}

const nonBlank = (key: string): string | undefined => key.trim() || undefined;
