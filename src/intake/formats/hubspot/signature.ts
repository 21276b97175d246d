import { hash } from 'node:crypto';
import type { SignedRequest } from '../../format.js';
import type { Refusal } from '../../outcome.js';
import { headerOf, hmac, isSameText, NO_SECRETS, unsigned } from '../crm/signature.js';

/** Requests older than this are refused, as HubSpot asks. */
const MAX_AGE_MS = 300_000;

const WRONG = unsigned('signature-invalid', 'The signature is not that of this app: check its client secret');
const MISSING = unsigned('signature-missing', 'HubSpot signs its requests in X-HubSpot-Signature-v3');
const OLD = unsigned('signature-old', 'The request is older than five minutes');

/**
 * Checks HubSpot's signature over the raw bytes: version 3 where it is there, else 2 or 1 as the request says
 * (developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests).
 */
export function verifyHubSpot({ head, body, receivedAt }: SignedRequest): Refusal | undefined {
  const secrets = head.collector?.secrets ?? [];
  if (secrets.length === 0) return NO_SECRETS;
  const { headers, method = 'POST', url = '' } = head;
  const version3 = headerOf(headers, 'x-hubspot-signature-v3');
  if (version3 !== undefined) {
    const timestamp = headerOf(headers, 'x-hubspot-request-timestamp') ?? '';
    if (!isFresh(timestamp, receivedAt)) return OLD;
    const parts = [method, decodedUrl(url), body.raw, timestamp];
    return matches(secrets, version3, (secret) => hmac(secret, parts, 'base64'));
  }
  const signature = headerOf(headers, 'x-hubspot-signature');
  if (signature === undefined) return MISSING;
  const isSecond = headerOf(headers, 'x-hubspot-signature-version') === 'v2';
  return matches(secrets, signature, (secret) =>
    sha256(isSecond ? [secret, method, url, body.raw] : [secret, body.raw]),
  );
}

const matches = (
  secrets: readonly string[],
  sent: string,
  signatureWith: (secret: string) => string,
): Refusal | undefined =>
  secrets.some((secret) => isSameText(signatureWith(secret), sent)) ? undefined : WRONG;

function isFresh(timestamp: string, receivedAt: Date): boolean {
  return /^\d{1,15}$/.test(timestamp) && Math.abs(+receivedAt - Number(timestamp)) <= MAX_AGE_MS;
}

const sha256 = (parts: readonly (string | Buffer)[]): string =>
  hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part))), 'hex');

/** The characters that HubSpot decodes before it signs an address. */
const DECODED = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;
const decodedUrl = (url: string): string => url.replace(DECODED, decodeURIComponent);
