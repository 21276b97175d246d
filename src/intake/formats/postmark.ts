import type { TouchpointKind } from '../../domain/touchpoint.js';
import { decodeOneOrMore } from '../decode.js';
import type { Format, SignedRequest } from '../format.js';
import type { JsonObject } from '../json.js';
import type { Refusal } from '../outcome.js';
import { checker, type Static, Type } from '../schema.js';
import { equalTexts, headerOf, signatureMissing, verifyWithSecrets } from '../signatures.js';
import { text } from '../values.js';
import { entryOf, field } from './email/fields.js';
import { type BounceType, type MailEvent, mailMessage } from './email/mail-event.js';
import { webhook } from './email/webhook.js';

const eventSchema = Type.Object({
  RecordType: Type.String({
    minLength: 1,
    description: '`Delivery`, `Open`, `Click`, `Bounce`, `SpamComplaint`, `SubscriptionChange`',
  }),
  MessageID: field('string', 'Of the mail'),
  Recipient: field('string', 'Its address; of bounces and complaints it is `Email`'),
  Tag: field('string', 'Of the mail'),
  Metadata: field('object', 'Of the mail'),
  OriginalLink: field('string', 'The link that was clicked'),
  UserAgent: field('string', 'Of who opened or clicked'),
  ReceivedAt: field('string', 'When; of others `DeliveredAt`, `BouncedAt`, `ChangedAt`'),
});

type PostmarkEvent = Readonly<Static<typeof eventSchema>> & JsonObject;

const check = checker(eventSchema);

/** Header of a request whose value is the secret, unless the settings name another. */
const SECRET_HEADER = 'x-webhook-secret';

const secretHeader = Type.String({
  description: `Name of the header that has the secret, where it is no password of HTTP Basic; else ${SECRET_HEADER}`,
  pattern: '^[A-Za-z0-9-]{1,100}$',
  examples: ['X-Webhook-Secret'],
});

/** Postmark's webhooks, which are not signed: it sends a password (HTTP Basic) or a header that is agreed with it. */
export const postmark: Format = {
  name: 'postmark',
  requestBytes: 1024 * 1024,
  requestItems: 100,
  settings: Type.Object({ secretHeader: Type.Optional(secretHeader) }),
  schema: eventSchema,
  schemas: { PostmarkEvent: eventSchema },
  endpoints: [
    webhook({
      provider: 'postmark',
      title: 'Postmark',
      body: {
        schema: 'PostmarkEvent',
        example: {
          ...{ RecordType: 'Open', MessageID: '883953f4-6105-42a2-a16a-77a8eac79483', Tag: 'newsletter' },
          ...{ Recipient: 'ada@acme.example', ReceivedAt: '2026-03-01T09:30:00Z', FirstOpen: true },
        },
      },
      verify: verifySecret,
      decode: (_, body) => decodeOneOrMore(body, 'an event'),
    }),
  ],

  read(item, reading) {
    const fault = check(item);
    if (fault) return fault;
    const event = item as PostmarkEvent;
    const { kind, bounceType, consent } = meaningOf(event);
    const [recipientPath, timePath] = [fieldOf(event, RECIPIENTS), fieldOf(event, TIMES)];
    return mailMessage(
      {
        ...{ id: idOf(event), name: nameOf(event), kind, bounceType, consent },
        time: { timestamp: event[timePath], path: timePath },
        ...{ recipient: event[recipientPath], recipientPath, mailId: event.MessageID },
        ...{ subject: event.Subject, tags: event.Tag, metadata: event.Metadata },
        ...{ url: event.OriginalLink, userAgent: event.UserAgent, ip: ipOf(event.Geo) },
        properties: propertiesOf(event),
      },
      reading,
    );
  },
};

const RECIPIENTS = ['Recipient', 'Email'] as const;
const TIMES = ['ReceivedAt', 'DeliveredAt', 'BouncedAt', 'ChangedAt'] as const;

const fieldOf = <Name extends string>(event: JsonObject, names: readonly [Name, ...Name[]]): Name =>
  names.find((name) => event[name] !== undefined) ?? names[0];

/** Bounces and complaints have an id of their own, unique to their kind. */
const idOf = ({ RecordType, ID }: PostmarkEvent): unknown =>
  text(ID) === undefined ? undefined : `${RecordType} ${text(ID)}`;

const nameOf = ({ RecordType, Type }: PostmarkEvent): string =>
  RecordType === 'Bounce' ? `${RecordType} ${text(Type) ?? ''}`.trim() : RecordType;

interface Meaning {
  readonly kind?: TouchpointKind;
  readonly bounceType?: BounceType;
  readonly consent?: MailEvent['consent'];
}

const KINDS: Readonly<Record<string, Meaning>> = {
  Delivery: { kind: 'email_delivered' },
  Open: { kind: 'email_open' },
  Click: { kind: 'email_click' },
  SpamComplaint: { kind: 'email_unsubscribe', consent: 'spam_complaint' },
};

const [HARD, SOFT, DROPPED] = (['hard', 'soft', 'dropped'] as const).map((bounceType): Meaning => ({
  kind: 'email_bounce',
  bounceType,
})) as [Meaning, Meaning, Meaning];

/**
 * By `Type`. Others, such as an automatic reply or a delay, say nothing of whether the mail arrived, or arrive as an event of
 * their own.
 */
const BOUNCES: Readonly<Record<string, Meaning>> = {
  ...{ HardBounce: HARD, BadEmailAddress: HARD, AddressChange: HARD },
  ...{ SoftBounce: SOFT, Blocked: SOFT, DnsError: SOFT, SpamNotification: SOFT, VirusNotification: SOFT },
  ...{ DMARCPolicy: SOFT, ChallengeVerification: SOFT, Unknown: SOFT },
  ...{
    ManuallyDeactivated: DROPPED,
    Unconfirmed: DROPPED,
    SMTPApiError: DROPPED,
    TemplateRenderingFailed: DROPPED,
  },
  Unsubscribe: { kind: 'email_unsubscribe', consent: 'unsubscribe' },
  SpamComplaint: { kind: 'email_unsubscribe', consent: 'spam_complaint' },
};

function meaningOf(event: PostmarkEvent): Meaning {
  const { RecordType, Type: type } = event;
  if (RecordType === 'Bounce') return entryOf(BOUNCES, text(type) ?? '') ?? {};
  if (RecordType === 'SubscriptionChange') return subscriptionOf(event);
  return entryOf(KINDS, RecordType) ?? {};
}

/** Postmark suppresses an address after a bounce or a complaint, too, of which it sends an event beside this one. */
function subscriptionOf({ SuppressSending, SuppressionReason, Origin }: PostmarkEvent): Meaning {
  if (SuppressSending !== true) return { consent: 'subscribe' };
  if (SuppressionReason === 'SpamComplaint') return { consent: 'spam_complaint' };
  if (SuppressionReason !== 'ManualSuppression') return {};
  return { consent: 'unsubscribe', ...(Origin === 'Recipient' && { kind: 'email_unsubscribe' }) };
}

const ipOf = (geo: unknown): unknown =>
  typeof geo === 'object' && geo !== null ? (geo as JsonObject).IP : undefined;

const KEPT = new Set([
  ...[
    'MessageStream',
    'ServerID',
    'FirstOpen',
    'ClickLocation',
    'Client',
    'OS',
    'Platform',
    'Geo',
    'ReadSeconds',
  ],
  ...['Type', 'TypeCode', 'Name', 'Description', 'Details', 'Inactive', 'SuppressionReason', 'Origin'],
]);

const propertiesOf = (event: PostmarkEvent): JsonObject =>
  Object.fromEntries(Object.entries(event).filter(([name]) => KEPT.has(name)));

/** A secret is `user:password` of HTTP Basic, the password alone, or the value of a header. */
function verifySecret({ head }: SignedRequest): Refusal | undefined {
  const { headers, collector } = head;
  const name = text(collector?.settings.secretHeader)?.toLowerCase() ?? SECRET_HEADER;
  const given = [headerOf(headers, name), ...basicOf(headerOf(headers, 'authorization'))].filter(
    (each) => each !== undefined,
  );
  if (given.length === 0) return signatureMissing(`send the secret by HTTP Basic or in the header ${name}`);
  return verifyWithSecrets(head, (secret) => given.map((each) => equalTexts(each, secret)).includes(true));
}

function basicOf(authorization = ''): readonly string[] {
  const [, encoded] = /^basic\s+(\S+)\s*$/i.exec(authorization) ?? [];
  if (encoded === undefined) return [];
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return [pair, pair.slice(pair.indexOf(':') + 1)];
}
