import { LABEL_LENGTH } from '../../../domain/label.js';
import { type Channel, CHANNELS, TOUCHPOINT_KINDS } from '../../../domain/touchpoint.js';
import type { JsonObject } from '../../json.js';
import { ID_LENGTH, MESSAGE_ID_LENGTH } from '../../identities.js';
import {
  advisory,
  anyOf,
  checker,
  nullable,
  nullableObject,
  nullableText,
  oneOf,
  type Static,
  Type,
} from '../../schema.js';

/** An id is cut, normalised and then measured by who reads it. */
const id = (description: string, options: object = {}) =>
  anyOf<string | number | null>(['string', 'number', 'null'], {
    ...options,
    ...advisory({ type: ['string', 'integer', 'null'], description, maxLength: ID_LENGTH, ...options }),
  });
const label = (description: string) => nullableText(description, { maxLength: LABEL_LENGTH });
const time = (description: string) => advisory(Type.String({ description, format: 'date-time' }));

const content = Type.Object({
  id: Type.Optional(id('Your own name of it; else the address is', { maxLength: LABEL_LENGTH })),
  url: Type.Optional(
    nullableText(
      'Absolute http or https; tracking parameters and a fragment that is no route are taken off',
      { maxLength: 16_384 },
    ),
  ),
  title: Type.Optional(nullableText('As people read it', { maxLength: 512 })),
  type: Type.Optional(label('E.g. white_paper, webinar')),
});

const context = Type.Object({
  userAgent: Type.Optional(nullableText('Identifies declared crawlers', { maxLength: 1024 })),
  ip: Type.Optional(nullableText('Address', { maxLength: 64 })),
  referrer: Type.Optional(nullableText('The page before', { maxLength: 4096 })),
  locale: Type.Optional(nullableText('E.g. en-US', { maxLength: 64 })),
});

/** An item of `POST /touchpoints`. */
export const touchpointSchema = Type.Object(
  {
    messageId: anyOf<string | number>(['string', 'number'], {
      ...{ minLength: 1, maxLength: MESSAGE_ID_LENGTH },
      description: 'The same for every try',
    }),
    kind: oneOf(TOUCHPOINT_KINDS, 'What the buyer did or received'),
    occurredAt: Type.Optional(
      time('When; else the time of receipt. One that cannot be is replaced by that, with a warning'),
    ),
    sentAt: Type.Optional(time('Your clock when you send; takes the skew of your clock out of occurredAt')),
    anonymousId: Type.Optional(id('Of a browser or device')),
    userId: Type.Optional(id('Of a user')),
    crmId: Type.Optional(id('Of the contact in the CRM')),
    email: Type.Optional(nullableText('Of the person', { format: 'email' })),
    accountId: Type.Optional(id('The company, where you know it')),
    traits: Type.Optional(nullableObject('What is known about the person')),
    channel: Type.Optional(
      oneOf<Channel | null>([...CHANNELS, null], 'Else it follows from campaign, address, referrer, kind'),
    ),
    source: Type.Optional(label('Where the buyer came from')),
    medium: Type.Optional(label('As in utm_medium')),
    campaign: Type.Optional(label('Name of the campaign')),
    content: Type.Optional(nullable(content, 'What it was about')),
    rep: Type.Optional(label('The salesperson who took part')),
    name: Type.Optional(label('Your own name of a custom touchpoint')),
    properties: Type.Optional(nullableObject('Whatever else is known about it')),
    context: Type.Optional(nullable(context, 'The buyer’s browser')),
  },
  {
    description:
      'At least one of anonymousId, userId, email, crmId. Fields that are not listed are kept among the properties.',
  },
);

export type NativeItem = Readonly<Static<typeof touchpointSchema>> & JsonObject;

export const checkTouchpoint = checker(touchpointSchema);

/** Fields of the format; `writeKey` is of the request, wherever it stands. */
export const FIELDS: ReadonlySet<string> = new Set([...Object.keys(touchpointSchema.properties), 'writeKey']);
