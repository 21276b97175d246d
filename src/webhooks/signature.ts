import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** What is sent at one attempt: signed by Standard Webhooks (https://www.standardwebhooks.com). */
export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** 24 random bytes, as Standard Webhooks writes them. */
export const makeSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

/** @param secrets each of them signs, so that a receiver can verify with the old or the new one of a rotation */
export const signedHeaders = (
  id: string,
  body: string,
  secrets: readonly string[],
  now: Date,
): SignedHeaders => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(+now / 1_000)),
  'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
});
