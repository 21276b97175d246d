import { createHmac, hash } from 'node:crypto';
import type { SignedRequest } from '../../format.js';
import type { Refusal } from '../../outcome.js';
import { equalTexts, headerOf, signatureMissing, verifyWithSecrets } from '../../signatures.js';

/** Requests that were signed longer ago are refused, as HubSpot asks: it signs each attempt separately. */
const MAX_AGE_MS = 300_000;

const EXPIRED: Refusal = {
  ...{ status: 401, code: 'signature-expired' },
  detail: 'The request was signed at a time that is not within the last five minutes',
};

/**
 * Checks HubSpot's signature over the raw bytes: version 3 where it is there, else 2 or 1 as the request says
 * (developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests).
 */
export function verifyHubSpot(request: SignedRequest): Refusal | undefined {
  const { headers } = request.head;
  const version3 = headerOf(headers, 'x-hubspot-signature-v3');
  if (version3 !== undefined) return verifyVersion3(request, version3);
  const signature = headerOf(headers, 'x-hubspot-signature');
  if (signature === undefined) return signatureMissing('HubSpot signs in X-HubSpot-Signature-v3');
  const isSecond = headerOf(headers, 'x-hubspot-signature-version') === 'v2';
  const { method = '', url = '' } = request.head;
  const address = isSecond ? method + url : '';
  return verifyWithSecrets(request.head, (secret) => {
    const signed = Buffer.concat([Buffer.from(secret + address), request.body.raw]);
    return equalTexts(hash('sha256', signed, 'hex'), signature);
  });
}

function verifyVersion3({ head, body, receivedAt }: SignedRequest, signature: string): Refusal | undefined {
  const timestamp = headerOf(head.headers, 'x-hubspot-request-timestamp');
  if (timestamp === undefined) return signatureMissing('X-HubSpot-Request-Timestamp is missing');
  const age = /^\d{1,15}$/.test(timestamp) ? Math.abs(+receivedAt - Number(timestamp)) : Infinity;
  if (age > MAX_AGE_MS) return EXPIRED;
  const { method = '', url = '' } = head;
  return verifyWithSecrets(head, (secret) => {
    const digest = createHmac('sha256', secret).update(method + decodedUrl(url));
    return equalTexts(digest.update(body.raw).update(timestamp).digest('base64'), signature);
  });
}

/** The characters that HubSpot decodes in an address before it signs it. */
const DECODED = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;
const decodedUrl = (url: string): string => url.replace(DECODED, decodeURIComponent);
