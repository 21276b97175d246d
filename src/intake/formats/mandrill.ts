import type { TouchpointKind } from '../../domain/touchpoint.js';
import type { Decoded, Format, SignedRequest } from '../format.js';
import type { JsonObject } from '../json.js';
import { isRejected, reject, type Refusal } from '../outcome.js';
import type { RequestBody } from '../request-body.js';
import { checker, type Static, Type } from '../schema.js';
import { equalTexts, headerOf, hmac, signatureMissing, verifyWithSecrets } from '../signatures.js';
import { objectOr, text } from '../values.js';
import { entryOf, field } from './email/fields.js';
import { formFields } from './email/form.js';
import { type BounceType, type MailEvent, mailMessage } from './email/mail-event.js';
import { validation, webhook } from './email/webhook.js';

const eventSchema = Type.Object({
  event: Type.String({
    minLength: 1,
    description:
      '`send`, `delivered`, `open`, `click`, `hard_bounce`, `soft_bounce`, `reject`, `spam`, `unsub` …',
  }),
  ts: field('integer', 'Unix time in seconds'),
  _id: field('string', 'Of the mail'),
  msg: field('object', 'The mail: `email`, `subject`, `tags`, `metadata`, `template` …'),
  url: field('string', 'The link that was clicked'),
  user_agent: field('string', 'Of who opened or clicked'),
  ip: field('string', 'Likewise'),
});

const formSchema = Type.Object({
  mandrill_events: Type.String({ description: 'A list of events as JSON' }),
});

type MandrillEvent = Readonly<Static<typeof eventSchema>> & JsonObject;

const check = checker(eventSchema);

const KINDS: Readonly<Record<string, TouchpointKind>> = {
  ...{ send: 'email_sent', delivered: 'email_delivered', open: 'email_open', click: 'email_click' },
  ...{ hard_bounce: 'email_bounce', soft_bounce: 'email_bounce', reject: 'email_bounce' },
  ...{ spam: 'email_unsubscribe', unsub: 'email_unsubscribe' },
};
const BOUNCES: Readonly<Record<string, BounceType>> = {
  ...{ hard_bounce: 'hard', soft_bounce: 'soft', reject: 'dropped' },
};
const CONSENTS: Readonly<Record<string, MailEvent['consent']>> = {
  ...{ spam: 'spam_complaint', unsub: 'unsubscribe' },
};

const TITLE = 'Mailchimp Transactional (Mandrill)';

/** Mailchimp Transactional, formerly Mandrill. A secret is the key of the webhook. */
export const mandrill: Format = {
  name: 'mandrill',
  // A thousand events, the most that come together, of 3 KB as JSON. One such request fits into the share of an address.
  requestBytes: 5 * 1024 * 1024,
  requestItems: 5_000,
  schema: eventSchema,
  schemas: { MandrillForm: formSchema },
  endpoints: [
    webhook({
      provider: 'mandrill',
      title: TITLE,
      contentType: 'application/x-www-form-urlencoded',
      body: {
        schema: 'MandrillForm',
        example: { mandrill_events: '[{"event":"open","ts":1772357400,"msg":{"email":"ada@acme.example"}}]' },
      },
      verify: verifySignature,
      decode: (_, body) => decodeForm(body),
    }),
    validation('mandrill', TITLE, 'GET'),
    validation('mandrill', TITLE, 'HEAD'),
  ],

  read(item, reading) {
    const fault = check(item);
    if (fault) return fault;
    const event = item as MandrillEvent;
    const mail = objectOr(event.msg);
    const { event: name } = event;
    return mailMessage(
      {
        // The id of an event is that of its mail: what happened when, and to which link, tells events apart.
        id: undefined,
        name,
        kind: entryOf(KINDS, name),
        mailId: mail._id ?? event._id,
        time: { timestamp: event.ts, path: 'ts' },
        recipient: mail.email,
        recipientPath: 'msg.email',
        subject: mail.subject,
        tags: mail.tags,
        metadata: mail.metadata,
        template: mail.template,
        url: event.url,
        userAgent: event.user_agent,
        ip: event.ip,
        bounceType: entryOf(BOUNCES, name),
        consent: entryOf(CONSENTS, name),
        properties: propertiesOf(event, mail),
      },
      reading,
    );
  },
};

const OF_MAIL = ['state', 'subaccount', 'sender', 'diag', 'bounce_description', 'reject'];
const OF_EVENT = ['location', 'user_agent_parsed', 'reject'];

function propertiesOf(event: JsonObject, mail: JsonObject): JsonObject {
  const properties: Record<string, unknown> = {};
  for (const name of OF_MAIL) if (Object.hasOwn(mail, name)) properties[name] = mail[name];
  for (const name of OF_EVENT) if (Object.hasOwn(event, name)) properties[name] = event[name];
  return properties;
}

const SIGNATURE = 'x-mandrill-signature';

/** HMAC-SHA1 over the address as Mandrill has it, and names and values of the form in the order of their names. */
function verifySignature({ head, body }: SignedRequest): Refusal | undefined {
  const fields = formFields(body);
  if (isRejected(fields)) return { status: 413, code: 'too-large', detail: fields.rejected.message };
  // Mandrill tries an address with an empty list, which it signs with the key of no webhook.
  if (isTrial(fields)) return undefined;
  const signature = headerOf(head.headers, SIGNATURE);
  if (signature === undefined) return signatureMissing(`Mandrill sends the header ${SIGNATURE}`);
  const sorted = [...fields].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  const signed = (head.url ?? '') + sorted.map(([name, value]) => name + value).join('');
  return verifyWithSecrets(head, (secret) => equalTexts(hmac('sha1', secret, signed, 'base64'), signature));
}

const isTrial = ([first, ...others]: readonly (readonly [string, string])[]): boolean =>
  others.length === 0 && first?.[0] === 'mandrill_events' && first[1].trim() === '[]';

function decodeForm(body: RequestBody): Decoded {
  const fields = formFields(body);
  if (isRejected(fields)) return fields;
  const written = text(fields.find(([name]) => name === 'mandrill_events')?.[1], Infinity);
  const json = body.parse(written ?? '');
  if (!isRejected(json) && Array.isArray(json.value))
    return { items: json.value as readonly unknown[], mayHoldUnstorable: json.mayHoldUnstorable };
  return isRejected(json) && json.rejected.code === 'request-too-large'
    ? json
    : reject('unreadable-body', 'must be a list of events', 'mandrill_events');
}
