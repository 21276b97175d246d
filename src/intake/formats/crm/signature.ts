import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { Headers } from '../../format.js';
import type { Refusal } from '../../outcome.js';

/** Compares in a time that tells nothing about where two texts differ. */
export const isSameText = (a: string, b: string): boolean =>
  timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));

export const hmac = (
  secret: string,
  parts: readonly (string | Buffer)[],
  encoding: 'hex' | 'base64',
): string => {
  const digest = createHmac('sha256', secret);
  for (const part of parts) digest.update(part);
  return digest.digest(encoding);
};

/** The value of a header that may be there once. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export const unsigned = (code: string, detail: string): Refusal => ({ status: 401, code, detail });

export const NO_SECRETS = unsigned(
  'signature-unknown',
  'This collector has no signing secret: set it to that of the CRM',
);
