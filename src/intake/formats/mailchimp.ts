import type { Decoded, Endpoint, Format, SignedRequest } from '../format.js';
import { derivedMessageId } from '../identities.js';
import type { JsonObject } from '../json.js';
import { isRejected, reject, type Refusal } from '../outcome.js';
import type { RequestBody } from '../request-body.js';
import { checker, type Static, Type } from '../schema.js';
import { equalTexts, signatureMissing, verifyWithSecrets } from '../signatures.js';
import { defined, objectOr, text } from '../values.js';
import { entryOf, field } from './email/fields.js';
import { formFields, nestedFields } from './email/form.js';
import { type MailEvent, mailMessage } from './email/mail-event.js';
import { validation, webhook } from './email/webhook.js';

const eventSchema = Type.Object({
  type: Type.String({
    minLength: 1,
    description: '`subscribe`, `unsubscribe`, `profile`, `upemail`, `cleaned`, `campaign`',
  }),
  fired_at: field('string', 'UTC, as `2026-03-01 09:30:00`'),
  data: field('object', 'Fields `data[email]`, `data[list_id]`, `data[merges][FNAME]` …'),
});

type MailchimpEvent = Readonly<Static<typeof eventSchema>>;

const check = checker(eventSchema);

const TITLE = 'a Mailchimp audience';

/** Webhooks of a Mailchimp audience. They are not signed: the secret is `?secret=` of the address that Mailchimp is given. */
export const mailchimp: Format = {
  name: 'mailchimp',
  requestBytes: 1024 * 1024,
  requestItems: 1,
  schema: eventSchema,
  schemas: { MailchimpForm: eventSchema },
  endpoints: [
    withSecret(
      webhook({
        provider: 'mailchimp',
        title: TITLE,
        contentType: 'application/x-www-form-urlencoded',
        body: {
          schema: 'MailchimpForm',
          example: {
            ...{ type: 'unsubscribe', fired_at: '2026-03-01 09:30:00' },
            data: { email: 'ada@acme.example', list_id: 'a6b5da1054', reason: 'manual', action: 'unsub' },
          },
        },
        verify: verifySecret,
        decode: (_, body) => decodeForm(body),
      }),
    ),
    validation('mailchimp', TITLE, 'GET'),
  ],

  read(item, reading) {
    const fault = check(item);
    if (fault) return fault;
    const event = item as MailchimpEvent;
    const data = objectOr(event.data);
    const [recipientPath, recipient] =
      event.type === 'upemail' ? ['data.new_email', data.new_email] : ['data.email', data.email];
    return mailMessage(
      {
        // Mailchimp has no ids of events: the same form is the same event.
        ...{ id: derivedMessageId(item, ''), name: event.type, ...meaningOf(event.type, data) },
        time: { timestamp: event.fired_at, path: 'fired_at' },
        ...{ recipient, recipientPath, mailId: data.campaign_id, ip: data.ip_opt ?? data.ip_signup },
        properties: propertiesOf(data),
      },
      reading,
    );
  },
};

type Meaning = Pick<MailEvent, 'kind' | 'bounceType' | 'consent' | 'traits' | 'formerRecipient'>;

const NO_KIND: Meaning = { kind: undefined };
const SPAM: Meaning = { kind: 'email_unsubscribe', consent: 'spam_complaint' };

function meaningOf(type: string, data: JsonObject): Meaning {
  const traits = traitsOf(objectOr(data.merges));
  switch (type) {
    case 'subscribe':
      // Of who came by an import or the API Mailchimp has no address: no form was filled in.
      return { kind: isSignup(data) ? 'form_fill' : undefined, consent: 'subscribe', traits };
    case 'unsubscribe':
      if (data.reason === 'abuse') return SPAM;
      // Deleted by somebody of ours: the person has said nothing.
      return data.action === 'delete' ? NO_KIND : { kind: 'email_unsubscribe', consent: 'unsubscribe' };
    case 'cleaned':
      return data.reason === 'abuse' ? SPAM : { kind: 'email_bounce', bounceType: 'hard' };
    case 'profile':
      return { ...NO_KIND, traits };
    case 'upemail':
      return { ...NO_KIND, formerRecipient: data.old_email };
    default:
      return NO_KIND;
  }
}

const isSignup = ({ ip_opt: confirmed, ip_signup: signedUp }: JsonObject): boolean =>
  (text(confirmed) ?? text(signedUp)) !== undefined;

/** The usual merge fields by the names that other formats have for them. */
const TRAITS: Readonly<Record<string, string>> = {
  ...{ FNAME: 'firstName', LNAME: 'lastName', PHONE: 'phone', COMPANY: 'company', BIRTHDAY: 'birthday' },
};

function traitsOf(merges: JsonObject): JsonObject {
  const entries = Object.entries(merges).filter(([name, value]) => name !== 'EMAIL' && value !== '');
  return Object.fromEntries(entries.map(([name, value]) => [entryOf(TRAITS, name) ?? name, value]));
}

function propertiesOf({ list_id: listId, reason, action }: JsonObject): JsonObject {
  return defined({ listId, reason, action });
}

function withSecret(endpoint: Endpoint): Endpoint {
  const { operation } = endpoint;
  const secret = {
    ...{ name: 'secret', in: 'query' as const, required: true, schema: { type: 'string' as const } },
    description: 'A secret of the collector',
  };
  const parameters = [...(operation.parameters ?? []), secret];
  return { ...endpoint, operation: { ...operation, parameters } };
}

/** Compared with all live ones, so that the address may be changed while both work. */
function verifySecret({ head }: SignedRequest): Refusal | undefined {
  const given = new URLSearchParams(head.query).get('secret');
  if (given === null) return signatureMissing('the address that Mailchimp is given must end in ?secret=…');
  return verifyWithSecrets(head, (secret) => equalTexts(secret, given));
}

function decodeForm(body: RequestBody): Decoded {
  const fields = formFields(body);
  if (isRejected(fields)) return fields;
  if (fields.length === 0) return reject('unreadable-body', 'The body must be a form');
  return { items: [nestedFields(fields)] };
}
