import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { TokenClaim } from '../event-store/event-store.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { Headers, RequestHead } from './format.js';
import type { Refusal } from './outcome.js';
import type { RequestBody } from './request-body.js';

/**
 * How long after it was signed a request is accepted, in ms. SendGrid sends again for 24 hours, Mailgun for 8 with the signature
 * of the first try, and SNS for one: a shorter time would lose what they retry.
 */
export const SIGNATURE_LIFETIME_MS = 25 * 3_600_000;
/** A clock that signs may be ahead of ours, in ms. */
const CLOCK_SKEW_MS = 5 * 60_000;

const refusal = (code: string, detail: string): Refusal => ({ status: 401, code, detail });

export const signatureMissing = (where: string): Refusal =>
  refusal('signature-missing', `The request is not signed: ${where}`);

export const signatureInvalid: Refusal = refusal(
  'signature-invalid',
  'The signature was made with none of the secrets of this collector, or over another request',
);

const secretMissing: Refusal = refusal(
  'secret-missing',
  'This collector has no signing secret: add the one that the provider shows',
);

/** The secrets of the collector; a refusal where it has none. */
export function secretsOf({ collector }: RequestHead): CollectorConfig['secrets'] | Refusal {
  const { secrets = [] } = collector ?? {};
  return secrets.length > 0 ? secrets : secretMissing;
}

/** Undefined: one of the secrets verifies the request. All are live while one is rotated. */
export function verifyWithSecrets(
  head: RequestHead,
  isSignedWith: (secret: string) => boolean,
): Refusal | undefined {
  const secrets = secretsOf(head);
  if ('status' in secrets) return secrets;
  return secrets.some(isSignedWith) ? undefined : signatureInvalid;
}

/** Undefined: it was signed lately enough. @param signedAt Unix time in ms */
export function verifyAge(signedAt: number, receivedAt: Date): Refusal | undefined {
  const age = +receivedAt - signedAt;
  if (age <= SIGNATURE_LIFETIME_MS && age >= -CLOCK_SKEW_MS) return undefined;
  return refusal(
    'signature-expired',
    `The request was signed at a time that is not within the last ${SIGNATURE_LIFETIME_MS / 3_600_000} hours`,
  );
}

/** Whether two texts are the same, in a time that tells nothing about them. */
export const equalTexts = (one: string, other: string): boolean =>
  timingSafeEqual(digestOf(one), digestOf(other));

/** As text first: a buffer of its own costs more than the hash. */
const digestOf = (text: string): Buffer => Buffer.from(hash('sha256', text, 'hex'), 'latin1');

export const hmac = (
  algorithm: 'sha1' | 'sha256',
  secret: string,
  text: string,
  encoding: 'hex' | 'base64',
): string => createHmac(algorithm, secret).update(text).digest(encoding);

/** @param lifetimeMs the signature is accepted for so long from `signedAt` on */
export const tokenClaim = (
  { id }: CollectorConfig,
  token: string,
  { raw }: RequestBody,
  signedAt: number,
  lifetimeMs = SIGNATURE_LIFETIME_MS,
): TokenClaim => ({
  ...{ collector: id, token, expiresAt: new Date(signedAt + lifetimeMs) },
  bodyHash: hash('sha256', raw, 'hex'),
});

export const TOKEN_USED: Refusal = refusal(
  'token-used',
  'The token of the signature was used by another request',
);

/** The only value of a header. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
