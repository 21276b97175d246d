import type { TouchpointKind } from '../../domain/touchpoint.js';
import type { Decoded, Format, Message } from '../format.js';
import { isObject, type JsonObject, parseJson } from '../json.js';
import { reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import type { RequestBody } from '../request-body.js';
import { checker, type Static, Type } from '../schema.js';
import { objectOr, text } from '../values.js';
import { entryOf, field } from './email/fields.js';
import { type BounceType, type MailEvent, mailMessage } from './email/mail-event.js';
import { webhook } from './email/webhook.js';
import { SNS_TYPES, snsMessage, type SnsMessage, verifySns } from './ses/sns.js';

const snsSchema = Type.Object({
  Type: Type.String({ enum: [...SNS_TYPES] }),
  MessageId: Type.String({ description: 'The same for every try to deliver it' }),
  TopicArn: Type.String({ description: 'One of the topics of the collector' }),
  Message: Type.String({ description: 'An event of SES as JSON' }),
  Timestamp: Type.String({ format: 'date-time' }),
  SignatureVersion: Type.String({ enum: ['1', '2'] }),
  Signature: Type.String(),
  SigningCertURL: Type.String({ format: 'uri' }),
});

/** What one notification says of one recipient. */
const eventSchema = Type.Object({
  messageId: Type.String({ minLength: 1 }),
  recipient: field('string', 'Absent where the mail has several and SES does not say which'),
  event: Type.Object({
    eventType: field('string', '`Send`, `Delivery`, `Open`, `Click`, `Bounce`, `Complaint` …'),
    mail: field('object', 'The mail that it is about'),
  }),
});

type SesEvent = Readonly<Static<typeof eventSchema>>;

const check = checker(eventSchema);

const topics = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
  description: 'ARNs of the SNS topics whose messages are accepted and subscriptions confirmed',
  maxItems: 100,
  examples: [['arn:aws:sns:eu-central-1:123456789012:ses-events']],
});

/** Amazon SES by way of SNS: event publishing of a configuration set, or the feedback notifications of an identity. */
export const ses: Format = {
  name: 'ses',
  requestBytes: 1024 * 1024,
  // A mail has 50 recipients at most.
  requestItems: 1_000,
  settings: Type.Object({ topics: Type.Optional(topics) }),
  schema: eventSchema,
  schemas: { SnsMessage: snsSchema },
  endpoints: [
    webhook({
      provider: 'ses',
      title: 'Amazon SES, as Amazon SNS sends them',
      contentType: 'text/plain',
      body: {
        schema: 'SnsMessage',
        example: {
          ...{ Type: 'Notification', MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324' },
          TopicArn: 'arn:aws:sns:eu-central-1:123456789012:ses-events',
          Message: '{"eventType":"Open","mail":{"destination":["ada@acme.example"]},"open":{}}',
          ...{ Timestamp: '2026-03-01T09:30:00.000Z', SignatureVersion: '2', Signature: 'EXAMPLEw6JRN…' },
          SigningCertURL:
            'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
        },
      },
      verify: verifySns,
      decode: (_, body) => decodeMessage(body),
    }),
  ],

  read(item, reading) {
    const unsubscribed = isObject(item) && item.Type === 'UnsubscribeConfirmation';
    if (unsubscribed) return reject('topic-unsubscribed', 'the topic no longer sends here', 'TopicArn');
    return check(item) ?? readEvent(item as SesEvent, reading);
  },
};

/** What SES publishes to a topic when it is connected. */
const TEST = 'Successfully validated SNS topic';

function decodeMessage(body: RequestBody): Decoded {
  const message = snsMessage(body);
  if (!message) return reject('unreadable-body', 'The body must be a message of SNS');
  // It was confirmed as it was verified.
  if (message.Type === 'SubscriptionConfirmation' || message.Message.startsWith(TEST)) return { reply: {} };
  return { items: message.Type === 'Notification' ? itemsOf(message) : [message] };
}

/** One item a recipient. */
function itemsOf({ MessageId: messageId, Message: written }: SnsMessage): readonly unknown[] {
  const event = parseJson(written);
  if (!isObject(event)) return [{ messageId, event: written }];
  const { headers: _, ...mail } = objectOr(event.mail);
  const light = isObject(event.mail) ? { ...event, mail } : event;
  const recipients = recipientsOf(event);
  const isOne = recipients.length < 2;
  // An open or a click does not say whose of several it is.
  if (!isOne && !isPerRecipient(event)) return [{ messageId, event: light }];
  return (isOne ? [recipients[0]] : recipients).map((recipient) => {
    const own = isOne ? messageId : `${messageId} ${text(recipient, Infinity) ?? ''}`;
    return { messageId: idOf(event, recipient) ?? own, recipient, event: light };
  });
}

/** What an identity notifies of is published as an event, too, in a message of SNS of its own and with other recipients beside. */
const NOTIFIED = ['Bounce', 'Complaint', 'Delivery'];

/** The same for all messages that report one feedback, or the delivery, of a mail to a recipient. */
function idOf(event: JsonObject, recipient: unknown): string | undefined {
  const [type, { feedbackId, timestamp }] = [typeOf(event), detailOf(event)];
  const parts = [
    objectOr(event.mail).messageId,
    recipient,
    type === 'Delivery' ? type : (feedbackId ?? timestamp),
  ];
  const [mail, address, which] = parts.map((part) => text(part, Infinity));
  if (!NOTIFIED.includes(type) || !mail || !address || !which) return undefined;
  return [type, mail, which, address.toLowerCase()].join(' ');
}

const typeOf = (event: JsonObject): string => text(event.eventType ?? event.notificationType) ?? '';

const detailOf = (event: JsonObject): JsonObject => objectOr(event[entryOf(DETAILS, typeOf(event)) ?? '']);

const DETAILS: Readonly<Record<string, string>> = {
  ...{ Bounce: 'bounce', Complaint: 'complaint', Delivery: 'delivery', Send: 'send', Reject: 'reject' },
  ...{ Open: 'open', Click: 'click', 'Rendering Failure': 'failure', DeliveryDelay: 'deliveryDelay' },
  Subscription: 'subscription',
};

const isPerRecipient = (event: JsonObject): boolean =>
  !['Open', 'Click', 'Subscription'].includes(typeOf(event));

function recipientsOf(event: JsonObject): readonly unknown[] {
  const { bouncedRecipients, complainedRecipients, delayedRecipients, recipients } = detailOf(event);
  const named = [bouncedRecipients, complainedRecipients, delayedRecipients, recipients].find(Array.isArray);
  const list: readonly unknown[] = named ?? [objectOr(event.mail).destination ?? []].flat();
  return list.map((entry) => (isObject(entry) ? entry.emailAddress : entry));
}

const KINDS: Readonly<Record<string, TouchpointKind>> = {
  ...{ Send: 'email_sent', Delivery: 'email_delivered', Open: 'email_open', Click: 'email_click' },
  ...{ Bounce: 'email_bounce', Reject: 'email_bounce', 'Rendering Failure': 'email_bounce' },
};

function readEvent({ messageId, recipient, event }: SesEvent, reading: Reading): Message | Rejected {
  const fields = event as JsonObject;
  const [type, detail, mail] = [typeOf(fields), detailOf(fields), objectOr(fields.mail)];
  if (recipient === undefined && recipientsOf(fields).length > 1)
    return reject(
      'identity-ambiguous',
      'has several recipients, of whom SES does not say which',
      'event.mail',
    );
  const tags = tagsOf(mail.tags);
  return mailMessage(
    {
      ...{ id: messageId, name: type === '' ? 'unknown' : type, kind: kindOf(type, detail) },
      time: { timestamp: detail.timestamp ?? mail.timestamp, path: 'event' },
      ...{ recipient, recipientPath: 'recipient', mailId: mail.messageId },
      ...{ subject: objectOr(mail.commonHeaders).subject, metadata: tags },
      // Of a complaint the user agent is that of the system which reports it.
      ...{ url: detail.link, userAgent: type === 'Complaint' ? undefined : detail.userAgent },
      ip: detail.ipAddress,
      ...{ bounceType: bounceTypeOf(type, detail), consent: consentOf(type, detail) },
      properties: propertiesOf(detail, recipient),
    },
    reading,
  );
}

/** A complaint is what a mailbox provider says of its user: `not-spam` takes one back. */
function kindOf(type: string, detail: JsonObject): TouchpointKind | undefined {
  if (type === 'Complaint') return isComplaint(detail) ? 'email_unsubscribe' : undefined;
  if (type === 'Subscription') return isOptOut(detail) ? 'email_unsubscribe' : undefined;
  return entryOf(KINDS, type);
}

const isComplaint = (detail: JsonObject): boolean => detail.complaintFeedbackType !== 'not-spam';

function consentOf(type: string, detail: JsonObject): MailEvent['consent'] {
  if (type === 'Complaint' && isComplaint(detail)) return 'spam_complaint';
  if (type === 'Subscription' && isOptOutOfAll(detail)) return 'unsubscribe';
  return undefined;
}

const isOptOutOfAll = (detail: JsonObject): boolean =>
  objectOr(detail.newTopicPreferences).unsubscribeAll === true;

function isOptOut(detail: JsonObject): boolean {
  const { topicSubscriptionStatus: statuses } = objectOr(detail.newTopicPreferences);
  const isOut = (status: unknown): boolean => objectOr(status).subscriptionStatus === 'OptOut';
  return isOptOutOfAll(detail) || (Array.isArray(statuses) && statuses.some(isOut));
}

/** `Transient` and `Undetermined` say of this mail that it did not arrive; the next may. */
function bounceTypeOf(type: string, { bounceType, bounceSubType }: JsonObject): BounceType | undefined {
  if (type === 'Reject' || type === 'Rendering Failure') return 'dropped';
  if (type !== 'Bounce') return undefined;
  if (text(bounceSubType)?.endsWith('SuppressionList') || bounceSubType === 'Suppressed') return 'dropped';
  return bounceType === 'Permanent' ? 'hard' : 'soft';
}

/** Each tag has a list of values; SES adds some of its own (`ses:configuration-set`). */
const tagsOf = (tags: unknown): JsonObject =>
  Object.fromEntries(
    Object.entries(objectOr(tags)).map(([name, values]) => [
      name,
      Array.isArray(values) && values.length === 1 ? (values[0] as unknown) : values,
    ]),
  );

const READ = new Set(['timestamp', 'link', 'userAgent', 'ipAddress', 'recipients', 'delayedRecipients']);

/** Under `ses` what else the event says, of several recipients what it says of this one. */
function propertiesOf(detail: JsonObject, recipient: unknown): JsonObject {
  const { bouncedRecipients, complainedRecipients, ...rest } = detail;
  const entries: readonly unknown[] = [bouncedRecipients ?? complainedRecipients ?? []].flat();
  const entry = objectOr(entries.find((each) => objectOr(each).emailAddress === recipient));
  const said = Object.entries({ ...rest, ...entry }).filter(
    ([name]) => !READ.has(name) && name !== 'emailAddress',
  );
  return said.length === 0 ? {} : { ses: Object.fromEntries(said) };
}
