import type { OpenAPIObject } from '@nestjs/swagger';
import { Type } from 'typebox';
import {
  json,
  type OpenApiOperation as Operation,
  type OpenApiPart,
  problem,
  query,
} from '../intake/openapi-parts.js';
import { documented, ref } from '../intake/schema.js';
import { DELIVERY_STATES } from './deliveries.js';
import { MESSAGE_TYPES, type MessageType } from './message.js';
import { MESSAGE_SCHEMAS } from './message-schemas.js';
import * as input from './webhook-input.js';
import * as example from './webhooks.examples.js';

type Responses = Operation['responses'];

const base = { tags: ['Webhooks'], security: [{ bearer: [] }] };
const id = {
  ...{ name: 'id', in: 'path' as const, required: true, schema: { type: 'string' } as const },
  description: 'Id of the webhook',
};
const missing = { 404: problem('There is no such webhook in this workspace') };
const badUrl = { 422: problem('The URL is not allowed: no https, credentials, or an internal address') };
const body = (schema: string, value: unknown, required = true) => ({
  required,
  content: json(schema, value),
});
const ok = (description: string, schema: string, value: unknown): Responses[string] => ({
  description,
  content: json(schema, value),
});

const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/api/webhooks': {
    get: {
      ...{
        ...base,
        operationId: 'webhooks.list',
        summary: 'The webhooks of the workspace, the oldest first',
      },
      responses: { 200: ok('All', 'WebhookPage', { items: [example.ENDPOINT], next: null }) },
    },
    post: {
      ...{ ...base, operationId: 'webhooks.create', summary: 'Add a webhook' },
      description: 'It gets what happens from now on. Its secret is in the response and shown only once.',
      requestBody: body('NewWebhook', example.NEW),
      responses: {
        201: ok('Added', 'CreatedWebhook', example.CREATED),
        409: problem('There are as many webhooks as there may be'),
        ...badUrl,
      },
    },
  },
  '/api/webhooks/{id}': {
    get: {
      ...{ ...base, operationId: 'webhooks.get', summary: 'A webhook', parameters: [id] },
      responses: { 200: ok('The webhook', 'Webhook', example.ENDPOINT), ...missing },
    },
    patch: {
      ...{ ...base, operationId: 'webhooks.change', summary: 'Change a webhook', parameters: [id] },
      description: 'What is absent stays. Messages of a disabled webhook wait until it is enabled again.',
      requestBody: body('WebhookChanges', { enabled: true }),
      responses: { 200: ok('The webhook', 'Webhook', example.ENDPOINT), ...missing, ...badUrl },
    },
    delete: {
      ...{ ...base, operationId: 'webhooks.remove', summary: 'Remove a webhook with its deliveries' },
      parameters: [id],
      responses: { 200: ok('Removed', 'Webhook', example.ENDPOINT), ...missing },
    },
  },
  '/api/webhooks/{id}/rotate-secret': {
    post: {
      ...{ ...base, operationId: 'webhooks.rotateSecret', summary: 'Make a secret, shown once' },
      parameters: [id],
      description: 'Until the overlap ends every message has a signature of each secret.',
      requestBody: body('WebhookSecretRotation', { overlapHours: 24 }, false),
      responses: {
        201: ok('Made', 'MadeWebhookSecret', example.ROTATED),
        ...missing,
        409: problem('As many secrets sign as may'),
      },
    },
  },
  '/api/webhooks/{id}/test': {
    post: {
      ...{ ...base, operationId: 'webhooks.test', summary: 'Send a message of the type webhook.test' },
      parameters: [id],
      description: 'Once, now, also where the webhook is disabled; not among its deliveries.',
      responses: { 200: ok('What came of it', 'WebhookTest', example.TESTED), ...missing },
    },
  },
  '/api/webhooks/{id}/deliveries': {
    get: {
      ...{
        ...base,
        operationId: 'webhooks.deliveries',
        summary: 'What was sent or is to be sent, newest first',
      },
      parameters: [
        id,
        query('state', 'Only those', { enum: [...DELIVERY_STATES] }),
        query('limit', 'Deliveries of a page', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
        query('cursor', '`next` of the page before', { type: 'string' }),
      ],
      responses: {
        200: ok('A page', 'WebhookDeliveryPage', { items: [example.DELIVERY], next: null }),
        ...missing,
      },
    },
  },
  '/api/webhooks/{id}/replay': {
    post: {
      ...{ ...base, operationId: 'webhooks.replay', summary: 'Send deliveries that are over again' },
      parameters: [id],
      description: 'With the same `webhook-id`, before what is pending of the same lead.',
      requestBody: body('WebhookReplay', { since: '2026-03-02T00:00:00Z' }),
      responses: { 200: ok('How many', 'WebhookReplayed', { replayed: 12 }), ...missing },
    },
  },
};

const time = Type.String({ format: 'date-time' });
const orNull = (of: 'string' | 'integer', description: string, more: object = {}) =>
  Type.Unsafe<unknown>({ type: [of, 'null'], description, ...more });
const nullableTime = (description: string) => orNull('string', description, { format: 'date-time' });

const endpoint = {
  id: Type.String(),
  url: Type.String(),
  description: orNull('string', 'For people'),
  eventTypes: Type.Array(Type.String(), { description: 'Empty: all' }),
  enabled: Type.Boolean(),
  disabledReason: orNull('string', '`manual`, or `gone`: it answered 410'),
  createdAt: time,
  updatedAt: time,
  secrets: Type.Array(
    Type.Object({ id: Type.String(), createdAt: time, expiresAt: nullableTime('Of one that was rotated') }),
  ),
};

const delivery = {
  id: Type.String({ description: '`webhook-id`, the same whenever it is sent' }),
  ...{ type: Type.String(), leadId: Type.String(), state: Type.Enum([...DELIVERY_STATES]) },
  attempts: Type.Integer({ description: 'Since it was queued or replayed' }),
  createdAt: time,
  lastAttemptAt: nullableTime('Null: none yet'),
  nextAttemptAt: nullableTime('Null: it is over, disabled, or behind an earlier one of its lead'),
  lastStatus: orNull('integer', 'Of the response, if there was one'),
  lastError: orNull('string', 'Why it was not delivered'),
  message: Type.Object({}, { additionalProperties: true, description: 'The body' }),
};

export const webhooksOpenApi: OpenApiPart = {
  tags: [{ name: 'Webhooks', description: 'Messages about leads, sent to your servers' }],
  paths: operations,
  schemas: {
    Webhook: Type.Object(endpoint),
    WebhookPage: Type.Object({ items: Type.Array(ref('Webhook')), next: Type.Null() }),
    NewWebhook: input.createSchema,
    CreatedWebhook: Type.Object({ ...endpoint, secret: Type.String() }),
    WebhookChanges: input.changeSchema,
    WebhookSecretRotation: input.rotateSchema,
    MadeWebhookSecret: Type.Object({ secret: Type.String() }),
    WebhookTest: Type.Object({
      ...{ delivered: Type.Boolean(), status: orNull('integer', 'Of the response, if there was one') },
      ...{ error: orNull('string', 'Why it was not delivered'), durationMs: Type.Integer() },
    }),
    WebhookDelivery: Type.Object(delivery),
    WebhookDeliveryPage: Type.Object({
      items: Type.Array(ref('WebhookDelivery')),
      next: orNull('string', 'Cursor of the next page'),
    }),
    WebhookReplay: input.replaySchema,
    WebhookReplayed: Type.Object({ replayed: Type.Integer() }),
  },
};

const HEADERS = [
  ['webhook-id', 'The same whenever the message is sent: ignore one that you have handled'],
  ['webhook-timestamp', 'Seconds since 1970, of this attempt'],
  [
    'webhook-signature',
    '`v1,` and HMAC-SHA256 of `id.timestamp.body` in Base64; several are separated by spaces',
  ],
].map(([name, description]) => ({
  ...{ name: name ?? '', description: description ?? '', in: 'header' as const, required: true },
  schema: { type: 'string' as const },
}));

const ANSWERS: Responses = {
  '2XX': { description: 'Delivered' },
  410: { description: 'The webhook is disabled' },
  default: { description: 'It is sent again later, not before `Retry-After`' },
};

/** What receivers are sent, for `webhooks` of the document. */
export const sentMessages: NonNullable<OpenAPIObject['webhooks']> = Object.fromEntries(
  MESSAGE_TYPES.map((type: MessageType) => {
    const { summary = '', schema = Type.Object({}) } = MESSAGE_SCHEMAS[type] ?? {};
    const sent = { type, timestamp: '2026-03-02T09:00:00.000Z', data: example.DATA[type] };
    const content = { 'application/json': { schema: documented(schema), example: sent } };
    return [
      type,
      {
        post: {
          ...{ tags: ['Webhooks'], operationId: `webhooks.${type}`, summary, parameters: HEADERS },
          ...{ security: [], requestBody: { required: true, content }, responses: ANSWERS },
        },
      },
    ];
  }),
);
