import type { TouchpointKind } from '../../domain/touchpoint.js';
import type { Decoded, Format, SignedRequest, Verified } from '../format.js';
import { isObject, type JsonObject } from '../json.js';
import { isRejected, reject } from '../outcome.js';
import type { RequestBody } from '../request-body.js';
import { checker, type Static, Type } from '../schema.js';
import {
  equalTexts,
  hmac,
  signatureMissing,
  tokenClaim,
  verifyAge,
  verifyWithSecrets,
} from '../signatures.js';
import { objectOr, text } from '../values.js';
import { entryOf, field } from './email/fields.js';
import { type BounceType, mailMessage } from './email/mail-event.js';
import { webhook } from './email/webhook.js';

const eventSchema = Type.Object({
  event: Type.String({
    minLength: 1,
    description: '`accepted`, `delivered`, `opened`, `clicked`, `failed`, `complained`, `unsubscribed` …',
  }),
  id: field('string', 'Of the event'),
  timestamp: field('number', 'Unix time in seconds, with fractions'),
  recipient: field('string', 'Its address'),
  tags: field('array', 'Of the mail'),
  'user-variables': field('object', 'Of the mail'),
  message: field('object', 'Its headers'),
  'client-info': field('object', 'Of who opened or clicked'),
});

const webhookSchema = Type.Object({
  signature: Type.Object({
    timestamp: Type.String(),
    token: Type.String(),
    signature: Type.String({ description: 'HMAC of time and token; it does not cover the event' }),
  }),
  'event-data': eventSchema,
});

type MailgunEvent = Readonly<Static<typeof eventSchema>> & JsonObject;

const check = checker(eventSchema);

const KINDS: Readonly<Record<string, TouchpointKind>> = {
  ...{ accepted: 'email_sent', delivered: 'email_delivered', opened: 'email_open', clicked: 'email_click' },
  ...{ rejected: 'email_bounce', complained: 'email_unsubscribe', unsubscribed: 'email_unsubscribe' },
};

const CONSENTS = { complained: 'spam_complaint', unsubscribed: 'unsubscribe' } as const;

/** Mailgun's webhooks, whose secret is the HTTP webhook signing key. */
export const mailgun: Format = {
  name: 'mailgun',
  requestBytes: 1024 * 1024,
  requestItems: 1,
  schema: eventSchema,
  schemas: { MailgunWebhook: webhookSchema },
  endpoints: [
    webhook({
      provider: 'mailgun',
      title: 'Mailgun',
      body: {
        schema: 'MailgunWebhook',
        example: {
          signature: { timestamp: '1772357400', token: 'a8ce0edb2dd8301d', signature: 'd2271d12299f6592…' },
          'event-data': {
            ...{ event: 'opened', id: 'Ase7i2zsRYeDXztHGENqRA', timestamp: 1772357400.12 },
            ...{ recipient: 'ada@acme.example', tags: ['newsletter'] },
          },
        },
      },
      verify: verifySignature,
      decode: (_, body) => decodeEvent(body),
    }),
  ],

  read(item, reading) {
    const fault = check(item);
    if (fault) return fault;
    const event = item as MailgunEvent;
    const client = objectOr(event['client-info']);
    const headers = objectOr(objectOr(event.message).headers);
    return mailMessage(
      {
        ...{ id: event.id, name: event.event, kind: kindOf(event) },
        time: { timestamp: event.timestamp, path: 'timestamp' },
        ...{ recipient: event.recipient, recipientPath: 'recipient' },
        ...{ mailId: headers['message-id'], subject: headers.subject },
        ...{ campaign: campaignOf(event.campaigns), tags: event.tags, metadata: event['user-variables'] },
        template: objectOr(event.template).name,
        ...{ url: event.url, userAgent: client['user-agent'], ip: event.ip },
        isMachine: isMachine(client.bot),
        bounceType: bounceTypeOf(event),
        consent: entryOf(CONSENTS, event.event),
        properties: propertiesOf(event),
      },
      reading,
    );
  },
};

/** After a temporary failure Mailgun tries again: the outcome is another event. */
function kindOf({ event, severity }: MailgunEvent): TouchpointKind | undefined {
  if (event === 'failed') return severity === 'temporary' ? undefined : 'email_bounce';
  return entryOf(KINDS, event);
}

/** What was tried for too long says nothing against the address. */
function bounceTypeOf(event: MailgunEvent): BounceType | undefined {
  const reason = text(event.reason) ?? '';
  if (event.event === 'rejected' || reason.startsWith('suppress-')) return 'dropped';
  if (event.event !== 'failed') return undefined;
  return reason === 'old' || objectOr(event['delivery-status'])['bounce-type'] === 'soft' ? 'soft' : 'hard';
}

/** The proxies of Gmail and Yahoo load pictures when a person opens the mail. */
const PEOPLES_PROXIES = new Set(['gmail', 'yahoo']);

function isMachine(bot: unknown): boolean {
  const name = text(bot)?.toLowerCase();
  return name !== undefined && !PEOPLES_PROXIES.has(name);
}

/** Of accounts that still have campaigns: `[{ id, name }]`. */
function campaignOf(campaigns: unknown): unknown {
  const first: unknown = Array.isArray(campaigns) ? campaigns[0] : campaigns;
  return objectOr(first).name ?? objectOr(first).id;
}

const KEPT = ['severity', 'reason', 'delivery-status', 'reject', 'flags', 'geolocation', 'domain'];

function propertiesOf(event: MailgunEvent): JsonObject {
  const kept: Record<string, unknown> = {};
  for (const name of KEPT) if (Object.hasOwn(event, name)) kept[name] = event[name];
  const client = event['client-info'];
  if (!isObject(client)) return kept;
  const { 'user-agent': _, ...light } = client;
  return { ...kept, 'client-info': light };
}

interface Signature {
  readonly timestamp: string;
  readonly token: string;
  /** Of the account, and of its parent where it is a subaccount. */
  readonly signatures: readonly string[];
}

/**
 * The signature covers time and token only, so whoever has seen one could sign an event of his own with it: a token is accepted
 * for one body. It is accepted for as long as Mailgun sends a webhook again, which it does with the same signature.
 */
function verifySignature({ head, body, receivedAt }: SignedRequest): Verified {
  const signature = signatureOf(body);
  if (!signature) return signatureMissing('the body has no signature with timestamp, token and signature');
  const { timestamp, token, signatures } = signature;
  const isSigned = (secret: string): boolean => {
    const expected = hmac('sha256', secret, timestamp + token, 'hex');
    return signatures.some((given) => equalTexts(given.toLowerCase(), expected));
  };
  const signedAt = Number(timestamp) * 1000;
  const refusal = verifyWithSecrets(head, isSigned) ?? verifyAge(signedAt, receivedAt);
  return refusal ?? (head.collector && tokenClaim(head.collector, token, body, signedAt));
}

/** In UTF-16 units; Mailgun's have 50. */
const LONGEST_TOKEN = 200;
/** Nothing separates time and token in what is signed: `1772357400e0` is the same time with the beginning of a token. */
const UNIX_TIME = /^\d+$/;

function signatureOf(body: RequestBody): Signature | undefined {
  const json = body.json();
  if (isRejected(json) || !isObject(json.value)) return undefined;
  const { timestamp, token, signature, 'parent-signature': parent } = objectOr(json.value.signature);
  const [time, name] = [text(timestamp), text(token, Infinity)];
  const signatures = [signature, parent].filter((each) => typeof each === 'string');
  if (time === undefined || !UNIX_TIME.test(time)) return undefined;
  if (name === undefined || name.length > LONGEST_TOKEN || signatures.length === 0) return undefined;
  return { timestamp: time, token: name, signatures };
}

function decodeEvent(body: RequestBody): Decoded {
  const json = body.json();
  if (isRejected(json)) return json;
  const { value, mayHoldUnstorable } = json;
  const event = isObject(value) ? value['event-data'] : undefined;
  if (!isObject(event)) return reject('unreadable-body', 'must be an event', 'event-data');
  return { items: [event], mayHoldUnstorable };
}
