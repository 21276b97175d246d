import { SOURCE_CONFIG_EXAMPLE, SETTINGS_EXAMPLE } from './browser-sdk-examples.js';
import {
  json,
  type OpenApiPart,
  type OpenApiOperation as Operation,
  problem,
  WRITE_KEY_SECURITY,
} from './openapi-parts.js';
import { Type } from './schema.js';

const SETTINGS: Operation = {
  tags: ['Collect: Segment'],
  operationId: 'segmentSettings',
  summary: 'What Segment’s browser client asks for before it sends',
  security: [],
  parameters: [
    { name: 'key', in: 'path', required: true, schema: { type: 'string' }, description: 'The write key' },
  ],
  responses: {
    200: { description: 'Settings', content: json('SegmentSettings', SETTINGS_EXAMPLE) },
    401: problem('The write key is unknown'),
  },
};

const KEY_IN_PATH = SETTINGS.parameters;

const SCRIPT: Operation = {
  tags: ['Collect: Segment'],
  operationId: 'segmentScript',
  summary: 'Segment’s analytics.js for pages, with its write key; what its snippet loads',
  description:
    'The open-source build of @segment/analytics-next. It loads further chunks from this server only.',
  security: [],
  ...(KEY_IN_PATH && { parameters: KEY_IN_PATH }),
  responses: {
    200: { description: 'The script', content: { 'text/javascript': { schema: { type: 'string' } } } },
    401: problem('The write key is unknown'),
  },
};

const SOURCE_CONFIG: Operation = {
  tags: ['Collect: RudderStack'],
  operationId: 'rudderstackSourceConfig',
  summary: 'What RudderStack’s browser SDK asks for before it sends (its `configUrl`)',
  security: WRITE_KEY_SECURITY,
  parameters: [
    {
      name: 'writeKey',
      in: 'query',
      schema: { type: 'string' },
      description: 'The write key, unless a header has it',
    },
  ],
  responses: {
    200: {
      description: 'The source',
      content: json('RudderstackSourceConfig', SOURCE_CONFIG_EXAMPLE),
    },
    401: problem('The write key is missing or unknown'),
  },
};

const TRACKER: Operation = {
  tags: ['Collect: Segment'],
  operationId: 'tracker',
  summary: 'The tracker for pages that have none; its write key is in the attribute `data-write-key`',
  security: [],
  responses: {
    200: { description: 'The script', content: { 'text/javascript': { schema: { type: 'string' } } } },
  },
};

const TRACKER_OF_KEY: Operation = {
  ...SCRIPT,
  operationId: 'trackerOfKey',
  summary: 'The same with the write key in the address',
  description: 'It loads Segment’s analytics.js from this server.',
};

const anyObject = (description: string) =>
  Type.Unsafe({ type: 'object', description, additionalProperties: true });

/** What SDKs in a browser load before they send. */
export const browserSdkOpenApi: OpenApiPart = {
  paths: {
    '/v1/projects/{key}/settings': { get: SETTINGS },
    '/analytics.js/v1/{key}/analytics.min.js': { get: SCRIPT },
    '/sourceConfig': { get: SOURCE_CONFIG },
    '/t.js': { get: TRACKER },
    '/t/{key}': { get: TRACKER_OF_KEY },
  },
  schemas: {
    SegmentSettings: anyObject('What analytics.js asks for'),
    RudderstackSourceConfig: anyObject('What RudderStack’s browser SDK asks for'),
  },
};
