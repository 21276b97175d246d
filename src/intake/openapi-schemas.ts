import type { OpenAPIObject } from '@nestjs/swagger';
import { LABEL_LENGTH } from '../domain/label.js';
import { CHANNELS, TOUCHPOINT_KINDS } from '../domain/touchpoint.js';
import { ID_LENGTH } from './identities.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Schemas[string];

const string = (description: string, more: object = {}): Schema => ({ type: 'string', description, ...more });
const id = (description: string): Schema => ({
  type: ['string', 'integer'],
  description,
  maxLength: ID_LENGTH,
});
const label = (description: string): Schema => string(description, { maxLength: LABEL_LENGTH });
const time = (description: string): Schema => string(description, { format: 'date-time' });
const object = (description: string): Schema => ({ type: 'object', description, additionalProperties: true });
const nullable = (schema: object): Schema => ({ anyOf: [schema, { type: 'null' }] });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const position = string('Its place in the log: decimal digits', { example: '42' });

const contentSchema: Schema = {
  type: 'object',
  description: 'What it was about',
  properties: {
    id: id('Your own name of it; else the address is'),
    url: string('Absolute http or https; tracking parameters and a fragment that is no route are taken off', {
      maxLength: 16_384,
    }),
    title: string('As people read it', { maxLength: 512 }),
    type: label('E.g. white_paper, webinar'),
  },
};

const touchpoint: Schema = {
  type: 'object',
  required: ['messageId', 'kind'],
  description:
    'At least one of anonymousId, userId, email, crmId. Fields that are not listed are kept among the properties.',
  properties: {
    messageId: {
      type: ['string', 'integer'],
      maxLength: 100,
      description: 'The same for every try',
    },
    kind: { type: 'string', enum: [...TOUCHPOINT_KINDS], description: 'What the buyer did or received' },
    occurredAt: time(
      'When; else the time of receipt. One that cannot be is replaced by that, with a warning',
    ),
    sentAt: time('Your clock when you send; takes the skew of your clock out of occurredAt'),
    anonymousId: id('Of a browser or device'),
    userId: id('Of a user'),
    email: string('Of the person', { format: 'email' }),
    crmId: id('Of the contact in the CRM'),
    accountId: id('The company, where you know it'),
    traits: object('What is known about the person'),
    channel: {
      type: 'string',
      enum: [...CHANNELS],
      description: 'Else it follows from campaign, address, referrer, kind',
    },
    source: label('Where the buyer came from'),
    medium: label('As in utm_medium'),
    campaign: label('Name of the campaign'),
    content: contentSchema,
    rep: label('The salesperson who took part'),
    name: label('Your own name of a custom touchpoint'),
    properties: object('Whatever else is known about it'),
    context: {
      type: 'object',
      description: 'The buyer’s browser',
      properties: {
        userAgent: string('Declared crawlers are told by it'),
        ip: string('Address'),
        referrer: string('The page before'),
        locale: string('E.g. en-US'),
      },
    },
  },
};

const reason: Schema = {
  type: 'object',
  required: ['code', 'message'],
  properties: {
    code: string('Stable', { example: 'identity-missing' }),
    message: string('For people'),
    path: string('Dotted path of the field at fault', { example: 'content.url' }),
  },
};

const receipt: Schema = {
  type: 'object',
  required: ['messageId', 'status'],
  properties: {
    messageId: nullable({ type: 'string', description: 'null when it could not be read' }),
    status: { type: 'string', enum: ['accepted', 'duplicate', 'rejected'] },
    position,
    eventId: string('Id of the event', { format: 'uuid' }),
    reason: ref('RejectionReason'),
    warnings: {
      type: 'array',
      items: ref('Warning'),
      description: 'What of it was replaced or left out; absent when nothing was',
    },
  },
};

const warning: Schema = {
  type: 'object',
  required: ['code', 'message', 'path'],
  properties: {
    code: string('`time-replaced`, `email-invalid`, `placeholder-ignored` or `identity-invalid`', {
      example: 'time-replaced',
    }),
    message: string('For people'),
    path: string('Dotted path of the field', { example: 'occurredAt' }),
  },
};

const warnedMessage: Schema = {
  type: 'object',
  required: ['messageId', 'eventId', 'receivedAt', 'collector', 'format', 'call', 'code', 'message', 'path'],
  properties: {
    messageId: string('Of the message'),
    eventId: string('Id of its (first) event', { format: 'uuid' }),
    receivedAt: time('When it came first'),
    collector: string('By whose key'),
    format: { type: 'string', enum: ['native', 'segment', 'protobuf', 'cloudevents'] },
    call: string('The route: track, batch, touchpoints …'),
    ...warning.properties,
  },
};

const rejectedInput: Schema = {
  type: 'object',
  properties: {
    id: string('The same input sent again has the same', { format: 'uuid' }),
    receivedAt: time('When it came first'),
    collector: string('By whose key'),
    format: { type: 'string', enum: ['native', 'segment', 'protobuf'] },
    call: string('The route: track, batch, touchpoints …'),
    unit: {
      type: 'string',
      enum: ['item', 'request'],
      description: 'A request could not even be taken apart',
    },
    messageId: nullable({ type: 'string' }),
    reason: ref('RejectionReason'),
    payload: { description: 'An item: as it was sent. A request: {text} or {base64}, and its encoding' },
    payloadBytes: {
      type: 'integer',
      description: 'More than payload holds when the body was not read to its end',
    },
    attempts: { type: 'integer', description: 'The first one and each replay' },
    replayedAt: nullable({ type: 'string', format: 'date-time' }),
    position: nullable({ type: 'string' }),
  },
};

const replayed: Schema = {
  type: 'object',
  required: ['id', 'status'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    status: { type: 'string', enum: ['accepted', 'rejected'] },
    position: nullable({
      type: 'string',
      description: 'null of a request whose items were rejected one by one',
    }),
    reason: ref('RejectionReason'),
  },
};

const listOf = (name: string): Schema => ({ type: 'array', items: ref(name) });
const next = nullable({ type: 'string', description: 'Cursor of the next page' });

const segmentEvent: Schema = {
  type: 'object',
  additionalProperties: true,
  description: 'An event of Segment’s spec; userId or anonymousId is required',
  properties: {
    type: {
      type: 'string',
      enum: ['identify', 'track', 'page', 'screen', 'group', 'alias'],
      description: 'In a batch',
    },
    messageId: string('The same for every try; without it one is made from the content', { maxLength: 100 }),
    timestamp: time('When it happened; corrected where sentAt shows that the clock is wrong'),
    originalTimestamp: time('When it happened by the client’s clock, put right by sentAt'),
    userId: id('Of a user'),
    anonymousId: id('Of a browser or device'),
    event: string('Of a track call'),
    properties: object('Of track, page and screen calls'),
    traits: object('Of identify and group calls'),
    context: object('As Segment’s clients fill it'),
  },
};

export const SCHEMAS: Schemas = {
  Touchpoint: touchpoint,
  RejectionReason: reason,
  Warning: warning,
  Receipt: receipt,
  Receipts: { type: 'object', required: ['receipts'], properties: { receipts: listOf('Receipt') } },
  SegmentEvent: segmentEvent,
  SegmentBatch: {
    type: 'object',
    required: ['batch'],
    properties: {
      batch: listOf('SegmentEvent'),
      context: object('Of all events of the batch'),
      integrations: object('Kept, not used'),
      sentAt: time('The client’s clock'),
      writeKey: string('Where it is not sent beside the body'),
    },
  },
  SegmentAnswer: { type: 'object', required: ['success'], properties: { success: { type: 'boolean' } } },
  SegmentSettings: object('What analytics.js asks for'),
  RudderstackSourceConfig: object('What RudderStack’s browser SDK asks for'),
  RejectedInput: rejectedInput,
  RejectedPage: {
    type: 'object',
    required: ['items', 'next'],
    properties: { items: listOf('RejectedInput'), next },
  },
  WarningsPage: {
    type: 'object',
    required: ['items', 'next'],
    properties: { items: listOf('WarnedMessage'), next },
  },
  WarnedMessage: warnedMessage,
  ReplayCommand: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ids: {
        type: ['array', 'null'],
        items: { type: 'string', format: 'uuid' },
        maxItems: 1000,
        description: 'Only these',
      },
      code: string('Only rejected for this reason', { type: ['string', 'null'] }),
      limit: {
        type: ['integer', 'null'],
        minimum: 1,
        maximum: 10_000,
        default: 1000,
        description: 'Rows to try at most',
      },
      cursor: string('`next` of the answer before', { type: ['string', 'null'] }),
    },
  },
  ReplayAnswer: {
    type: 'object',
    required: ['tried', 'accepted', 'rejected', 'results', 'next'],
    properties: {
      tried: { type: 'integer' },
      accepted: { type: 'integer' },
      rejected: { type: 'integer' },
      results: { type: 'array', items: replayed },
      next,
    },
  },
};
