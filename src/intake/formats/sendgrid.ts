import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { memoize } from '../../domain/memoize.js';
import type { TouchpointKind } from '../../domain/touchpoint.js';
import { decodeOneOrMore } from '../decode.js';
import type { Format, SignedRequest } from '../format.js';
import type { JsonObject } from '../json.js';
import type { Refusal } from '../outcome.js';
import { checker, ref, type Static, Type } from '../schema.js';
import { headerOf, signatureMissing, verifyAge, verifyWithSecrets } from '../signatures.js';
import { text } from '../values.js';
import { entryOf, field } from './email/fields.js';
import { type BounceType, type MailEvent, mailMessage } from './email/mail-event.js';
import { EMAIL_TAG, webhook } from './email/webhook.js';

const eventSchema = Type.Object({
  event: Type.String({
    minLength: 1,
    description:
      '`processed`, `delivered`, `open`, `click`, `bounce`, `dropped`, `spamreport`, `unsubscribe`, `group_unsubscribe` …',
  }),
  email: field('string', 'The recipient'),
  timestamp: field('integer', 'Unix time in seconds'),
  sg_event_id: field('string', 'Of the event'),
  sg_message_id: field('string', 'Of the mail to this recipient'),
  category: field(['string', 'array'], 'Of the mail'),
  url: field('string', 'The link that was clicked'),
  useragent: field('string', 'Of who opened or clicked'),
  ip: field('string', 'Likewise'),
  sg_machine_open: field('boolean', 'Apple loaded the picture ahead'),
});

type SendGridEvent = Readonly<Static<typeof eventSchema>> & JsonObject;

const check = checker(eventSchema);

const KINDS: Readonly<Record<string, TouchpointKind>> = {
  processed: 'email_sent',
  delivered: 'email_delivered',
  open: 'email_open',
  click: 'email_click',
  bounce: 'email_bounce',
  dropped: 'email_bounce',
  spamreport: 'email_unsubscribe',
  unsubscribe: 'email_unsubscribe',
  // Of one list: the person may still be sent others.
  group_unsubscribe: 'email_unsubscribe',
};

const CONSENTS = { spamreport: 'spam_complaint', unsubscribe: 'unsubscribe' } as const;

/** Fields that are read. A mail's own arguments stand beside them and are not marked as such. */
const READ = new Set([
  ...['event', 'email', 'timestamp', 'sg_event_id', 'sg_message_id', 'category', 'url', 'useragent', 'ip'],
  'marketing_campaign_name',
]);
/** Further fields of the provider. */
const OWN = new Set([
  ...['smtp-id', 'url_offset', 'reason', 'status', 'type', 'response', 'attempt', 'asm_group_id', 'tls'],
  ...['cert_err', 'pool', 'newsletter', 'marketing_campaign_id', 'marketing_campaign_split_id'],
  ...['marketing_campaign_version', 'mc_stats', 'phase_id', 'singlesend_id', 'singlesend_name', 'send_at'],
  ...['template_id', 'template_hash', 'template_version_id', 'sg_template_id', 'sg_template_name'],
  ...['sg_content_type', 'sg_machine_open', 'sg_user_id', 'bounce_classification'],
]);

/** Twilio SendGrid's Event Webhook. Its secrets are the public keys that it shows (docs/how-to/email.md). */
export const sendgrid: Format = {
  name: 'sendgrid',
  requestBytes: 1024 * 1024,
  requestItems: 10_000,
  schema: eventSchema,
  schemas: { SendGridEvent: eventSchema, SendGridEvents: Type.Array(ref('SendGridEvent')) },
  tags: [EMAIL_TAG],
  secretFault: (secret) =>
    publicKey(secret)?.asymmetricKeyType === 'ec'
      ? undefined
      : 'must be the verification key that SendGrid shows: a public key of an elliptic curve, in base64 or PEM',
  endpoints: [
    webhook({
      provider: 'sendgrid',
      title: 'Twilio SendGrid',
      body: {
        schema: 'SendGridEvents',
        example: [
          {
            ...{ email: 'ada@acme.example', timestamp: 1772357400, event: 'open', category: ['newsletter'] },
            ...{ sg_event_id: 'ZGVsaXZlcmVk', sg_message_id: '14c5d75ce93.dfd.64b469', ip: '192.0.2.1' },
          },
        ],
      },
      verify: verifySignature,
      decode: (_, body) => decodeOneOrMore(body, 'an event'),
    }),
  ],

  read(item, reading) {
    const fault = check(item);
    if (fault) return fault;
    const event = item as SendGridEvent;
    const { properties, metadata } = fieldsOf(event);
    return mailMessage(
      {
        id: event.sg_event_id,
        name: event.event,
        kind: entryOf(KINDS, event.event),
        time: { timestamp: event.timestamp, path: 'timestamp' },
        recipient: event.email,
        recipientPath: 'email',
        mailId: event.sg_message_id,
        campaign: event.marketing_campaign_name ?? event.singlesend_name,
        tags: event.category,
        template: event.sg_template_name ?? event.sg_template_id,
        url: event.url,
        userAgent: event.useragent,
        ip: event.ip,
        isMachine: event.sg_machine_open === true,
        bounceType: bounceTypeOf(event),
        consent: entryOf(CONSENTS, event.event),
        properties,
        metadata,
      },
      reading,
    );
  },
};

/** Fields of the provider, and those that the sender added: one pass, as SendGrid sends thousands of events at once. */
function fieldsOf(event: SendGridEvent): Pick<MailEvent, 'properties' | 'metadata'> {
  const properties: Record<string, unknown> = {};
  const metadata: Record<string, unknown> = {};
  for (const name in event)
    if (OWN.has(name)) properties[name] = event[name];
    else if (!READ.has(name)) metadata[name] = event[name];
  return { properties, metadata };
}

/** A block is of this mail only: the next may arrive. */
function bounceTypeOf({ event, type }: SendGridEvent): BounceType | undefined {
  if (event === 'dropped') return 'dropped';
  if (event !== 'bounce') return undefined;
  return text(type) === 'blocked' ? 'soft' : 'hard';
}

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';

/** ECDSA on P-256 over the timestamp and the body as it was sent. */
function verifySignature({ head, body, receivedAt }: SignedRequest): Refusal | undefined {
  const signature = headerOf(head.headers, SIGNATURE);
  const timestamp = headerOf(head.headers, TIMESTAMP);
  if (signature === undefined || timestamp === undefined)
    return signatureMissing(
      `SendGrid's Signed Event Webhook sends the headers ${SIGNATURE} and ${TIMESTAMP}`,
    );
  const signed = Buffer.concat([Buffer.from(timestamp), body.raw]);
  const bytes = Buffer.from(signature, 'base64');
  return (
    verifyWithSecrets(head, (secret) => isSignedBy(publicKey(secret), signed, bytes)) ??
    verifyAge(Number(timestamp) * 1000, receivedAt)
  );
}

function isSignedBy(key: KeyObject | undefined, signed: Buffer, signature: Buffer): boolean {
  return key?.asymmetricKeyType === 'ec' && verify('sha256', signed, key, signature);
}

/** Base64 of the key as it is shown, or PEM. */
const publicKey = memoize(1_000, (secret: string): KeyObject | undefined => {
  try {
    const isPem = secret.includes('-----BEGIN');
    return createPublicKey(
      isPem ? secret : { key: Buffer.from(secret, 'base64'), format: 'der', type: 'spki' },
    );
  } catch {
    return undefined;
  }
});
