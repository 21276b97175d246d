import {
  json,
  type OpenApiOperation as Operation,
  type OpenApiPart,
  problem,
} from '../intake/openapi-parts.js';
import { ref, Type } from '../intake/schema.js';
import { mappingSchema } from '../workspaces/mapping-schema.js';
import * as input from './collector-input.js';
import * as example from './collectors.examples.js';

type Responses = Operation['responses'];

const base = { tags: ['Collectors'], security: [{ bearer: [] }] };
const id = {
  ...{ name: 'id', in: 'path' as const, required: true, schema: { type: 'string' } as const },
  description: 'Id or name of the collector',
};
const missing = { 404: problem('There is no such collector in this workspace') };
const body = (schema: string, value: unknown) => ({ required: true, content: json(schema, value) });
const ok = (description: string, schema: string, value: unknown): Responses[string] => ({
  description,
  content: json(schema, value),
});

const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/api/collectors': {
    get: {
      ...{
        ...base,
        operationId: 'collectors.list',
        summary: 'The collectors of the workspace, the oldest first',
      },
      responses: { 200: ok('All', 'CollectorPage', { items: [example.COLLECTOR], next: null }) },
    },
    post: {
      ...{ ...base, operationId: 'collectors.create', summary: 'Add a collector' },
      description: 'Its write keys are in the response and shown only once.',
      requestBody: body('NewCollector', example.NEW),
      responses: {
        201: ok('Added', 'CreatedCollector', example.CREATED),
        409: problem('There is a collector of this name already, or one too many'),
        422: problem('The name is invalid, or an app id belongs to another collector'),
      },
    },
  },
  '/api/collectors/{id}': {
    get: {
      ...{ ...base, operationId: 'collectors.get', summary: 'A collector', parameters: [id] },
      responses: { 200: ok('The collector', 'Collector', example.COLLECTOR), ...missing },
    },
    patch: {
      ...{
        ...base,
        operationId: 'collectors.change',
        summary: 'Change format, settings or mapping',
        parameters: [id],
      },
      description:
        'Each is replaced as a whole; what is absent stays. Every process follows within ten seconds; what was recorded before stays as it is.',
      requestBody: body('CollectorChanges', example.CHANGES),
      responses: {
        200: ok('The collector', 'Collector', example.COLLECTOR),
        ...missing,
        422: problem('An app id belongs to another collector'),
      },
    },
  },
  '/api/collectors/{id}/keys': {
    post: {
      ...{
        ...base,
        operationId: 'collectors.rotateKey',
        summary: 'Make a write key, shown once',
        parameters: [id],
      },
      description:
        'With `overlapHours` the other keys of its scope expire after that time: a rotation with overlap.',
      requestBody: body('KeyRotation', { scope: 'server', overlapHours: 48 }),
      responses: {
        201: ok('Made', 'MadeKey', { scope: 'server', key: 'sk_…' }),
        ...missing,
        409: problem('It has as many valid keys as it may'),
      },
    },
  },
  '/api/collectors/{id}/keys/{prefix}': {
    delete: {
      ...{ ...base, operationId: 'collectors.revokeKey', summary: 'Revoke a write key for good' },
      parameters: [id, { ...id, name: 'prefix', description: 'First characters of the key, as listed' }],
      responses: { 200: ok('Revoked', 'Collector', example.COLLECTOR), ...missing },
    },
  },
  '/api/collectors/{id}/secrets': {
    post: {
      ...{ ...base, operationId: 'collectors.addSecret', summary: 'Add a signing secret', parameters: [id] },
      description:
        'Every valid secret verifies a request. With `overlapHours` the others expire after that time. Stored encrypted, never shown.',
      requestBody: body('NewSecret', { secret: 'the key that the provider shows', overlapHours: 24 }),
      responses: {
        201: ok('Added', 'AddedSecret', { secrets: example.COLLECTOR.secrets }),
        ...missing,
        409: problem('It has as many secrets as it may'),
      },
    },
  },
  '/api/collectors/{id}/secrets/{secret}': {
    delete: {
      ...{ ...base, operationId: 'collectors.removeSecret', summary: 'Remove a signing secret' },
      parameters: [id, { ...id, name: 'secret', description: 'Id of the secret, as listed' }],
      responses: { 200: ok('Removed', 'Collector', example.COLLECTOR), ...missing },
    },
  },
  '/api/collectors/{id}/try': {
    post: {
      ...{
        ...base,
        operationId: 'collectors.try',
        summary: 'Try a mapping on the last items',
        parameters: [id],
      },
      description:
        'Reads the last items that the collector received (a sample where many come) by its mapping and by the given one. Nothing is stored.',
      requestBody: body('MappingTrial', { mapping: example.MAPPING, limit: 100 }),
      responses: { 200: ok('What would change', 'MappingResult', example.TRIED), ...missing },
    },
  },
};

const time = Type.String({ format: 'date-time' });
const expiresAt = Type.Union([time, Type.Null()], {
  description: 'Of one that was rotated: valid until then',
});

const collector = {
  id: Type.String({ description: 'Unique in the deployment; in the addresses of its webhooks' }),
  name: Type.String({ description: 'Unique in the workspace; events carry it' }),
  format: Type.Union([Type.String(), Type.Null()]),
  settings: Type.Object({}, { additionalProperties: true }),
  mapping: ref('Mapping'),
  urls: Type.Array(Type.String(), { description: 'Where it receives' }),
  writeKeys: Type.Array(
    Type.Object({
      prefix: Type.String(),
      scope: Type.Enum(['public', 'server']),
      createdAt: time,
      expiresAt,
    }),
  ),
  secrets: Type.Array(Type.Object({ id: Type.String(), createdAt: time, expiresAt })),
  createdAt: time,
  updatedAt: time,
};

const anything = Type.Object({}, { additionalProperties: true });

/** The routes that configure collectors. */
export const collectorsOpenApi: OpenApiPart = {
  tags: [
    {
      name: 'Collectors',
      description: 'Origins of events: format, write keys, signing secrets, mapping, limits',
    },
  ],
  paths: operations,
  schemas: {
    Mapping: mappingSchema,
    Collector: Type.Object(collector),
    CollectorPage: Type.Object({ items: Type.Array(ref('Collector')), next: Type.Null() }),
    NewCollector: input.createSchema,
    CreatedCollector: Type.Object({ ...collector, keys: Type.Record(Type.String(), Type.String()) }),
    CollectorChanges: input.changeSchema,
    KeyRotation: input.keySchema,
    MadeKey: Type.Object({ scope: Type.Enum(['public', 'server']), key: Type.String() }),
    NewSecret: input.secretSchema,
    AddedSecret: Type.Object({ secrets: collector.secrets, secret: Type.Optional(Type.String()) }),
    MappingTrial: input.trySchema,
    MappingResult: Type.Object({
      tried: Type.Integer(),
      changed: Type.Integer(),
      rejected: Type.Integer({ description: 'By the given mapping' }),
      items: Type.Array(
        Type.Object({
          ...{ receivedAt: time, format: Type.String(), call: Type.String(), item: Type.Unknown() },
          before: anything,
          after: Type.Optional(anything),
        }),
      ),
    }),
  },
};
