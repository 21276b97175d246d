import type { OpenAPIObject } from '@nestjs/swagger';
import { COLLECTOR_ROUTES } from './collector-routes.js';
import type { CollectorRoute } from './collect.js';
import { segment } from './formats/segment.js';
import type { SegmentCall } from './formats/segment-item.js';
import * as example from './openapi-examples.js';
import { SCHEMAS } from './openapi-schemas.js';

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['post']>;
type Responses = Operation['responses'];

const schemaOf = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });
const json = (
  name: string,
  value: unknown,
): { 'application/json': { schema: { $ref: string }; example: unknown } } => ({
  'application/json': { schema: schemaOf(name), example: value },
});
const problem = (description: string): Responses[string] => ({
  description,
  content: { 'application/problem+json': { schema: schemaOf('ProblemItem') } },
});

const COLLECTOR_PROBLEMS: Responses = {
  400: problem('The body cannot be read; it is kept as rejected where the key is known'),
  401: problem('The write key is missing or unknown'),
  408: problem('The request, or a part of its body, did not come in time'),
  413: problem(
    'Over a limit, which is named: 32 KB an event, 500 KB and 2,500 events a Segment batch, 1 MB else',
  ),
  429: problem('The write key is over its quota: send it again after `Retry-After` seconds'),
  431: problem('The address and headers are over the limit of 16 KB'),
  503: problem('Overload, or the database is away: send it again after `Retry-After` seconds'),
};

const WRITE_KEY = [{ writeKeyBasic: [] }, { writeKeyBearer: [] }, { writeKeyHeader: [] }];
const API_KEY = [{ bearer: [] }];

const CALLS: Readonly<Record<SegmentCall | 'batch' | 'import', string>> = {
  identify: 'Who somebody is: keys that belong together, with traits',
  track: 'Something somebody did; well-known names become their touchpoint kinds, the rest `custom`',
  page: 'A page was viewed',
  screen: 'A screen of an app was viewed',
  group: 'Somebody belongs to a company, and what is known about it',
  alias: 'Two ids are one person',
  batch: 'Events of all calls; a bad one is kept as rejected and the rest accepted',
  import: 'The same for history: times are taken as they are, whatever `sentAt` says',
};

function collectorPath({ path, format, call }: CollectorRoute): Operation {
  return format === segment ? segmentOperation(path, call as SegmentCall | 'batch' | 'import') : NATIVE;
}

function segmentOperation(path: string, call: SegmentCall | 'batch' | 'import'): Operation {
  const isBatch = call === 'batch' || call === 'import';
  const sent = isBatch ? example.BATCH_EXAMPLE : example.SEGMENT_EXAMPLES[call];
  return {
    tags: [path.startsWith('/beacon/') ? 'Collect: RudderStack' : 'Collect: Segment'],
    operationId: `segment${path.replaceAll('/', '_')}`,
    summary: CALLS[call],
    description: 'Whatever the content type says, the body is JSON in UTF-8, plain, gzip, deflate or br.',
    security: WRITE_KEY,
    requestBody: { required: true, content: json(isBatch ? 'SegmentBatch' : 'SegmentEvent', sent) },
    responses: {
      200: {
        description: 'Durable: each event is in the log or kept as rejected',
        content: json('SegmentAnswer', { success: true }),
      },
      ...COLLECTOR_PROBLEMS,
    },
  };
}

const NATIVE: Operation = {
  tags: ['Collect'],
  operationId: 'touchpoints',
  summary: 'Touchpoints in Touchline’s own format: one, or a list of up to 2,500',
  description:
    'A receipt each, in order. 200 whatever became of them: a rejected one is kept with its reason.',
  security: WRITE_KEY,
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: { oneOf: [schemaOf('Touchpoint'), { type: 'array', items: schemaOf('Touchpoint') }] },
        examples: {
          one: { value: example.TOUCHPOINT_EXAMPLE },
          list: { value: [example.TOUCHPOINT_EXAMPLE, { messageId: 'm-2', kind: 'page_view' }] },
        },
      },
    },
  },
  responses: {
    200: { description: 'Durable', content: json('Receipts', example.RECEIPTS_EXAMPLE) },
    ...COLLECTOR_PROBLEMS,
  },
};

const SETTINGS: Operation = {
  tags: ['Collect: Segment'],
  operationId: 'segmentSettings',
  summary: 'What Segment’s browser client asks for before it sends',
  security: [],
  parameters: [
    { name: 'key', in: 'path', required: true, schema: { type: 'string' }, description: 'The write key' },
  ],
  responses: {
    200: { description: 'Settings', content: json('SegmentSettings', example.SETTINGS_EXAMPLE) },
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
  security: WRITE_KEY,
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
      content: json('RudderstackSourceConfig', example.SOURCE_CONFIG_EXAMPLE),
    },
    401: problem('The write key is missing or unknown'),
  },
};

const query = (
  name: string,
  description: string,
  schema: object,
): NonNullable<Operation['parameters']>[number] => ({
  ...{ name, description, schema },
  in: 'query',
});

const LIST: Operation = {
  tags: ['Rejected input'],
  operationId: 'rejected.list',
  summary: 'Input that could not be accepted, whole, with the reason; newest first',
  description: 'Pages are bounded in bytes, too: a short page with `next` is not the last.',
  security: API_KEY,
  parameters: [
    query('code', 'Rejected for this reason', { type: 'string' }),
    query('state', 'Still open, replayed with success, or all', {
      enum: ['open', 'replayed', 'all'],
      default: 'open',
    }),
    query('limit', 'Rows of a page', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
    query('cursor', '`next` of the page before; the filters stay the same', { type: 'string' }),
  ],
  responses: {
    200: { description: 'A page', content: json('RejectedPage', example.REJECTED_EXAMPLE) },
  },
};

const WARNINGS: Operation = {
  tags: ['Rejected input'],
  operationId: 'warnings.list',
  summary: 'What of accepted messages was replaced or left out; newest first',
  security: API_KEY,
  parameters: [
    query('code', 'Only of this code', { type: 'string' }),
    query('limit', 'Rows of a page', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
    query('cursor', '`next` of the page before; the filter stays the same', { type: 'string' }),
  ],
  responses: {
    200: { description: 'A page', content: json('WarningsPage', example.WARNINGS_EXAMPLE) },
  },
};

const REPLAY: Operation = {
  tags: ['Rejected input'],
  operationId: 'rejected.replay',
  summary:
    'Sends rejected input through the intake again, as of when it was received; oldest first, safe to repeat',
  security: API_KEY,
  requestBody: { required: false, content: json('ReplayCommand', { code: 'identity-missing', limit: 500 }) },
  responses: {
    200: { description: 'What each came to', content: json('ReplayAnswer', example.REPLAY_EXAMPLE) },
  },
};

/** The routes of the intake for the API document. */
export const collectorPaths: Pick<OpenAPIObject, 'paths' | 'components' | 'tags'> = {
  tags: [
    { name: 'Collect', description: 'Touchline’s own format' },
    { name: 'Collect: Segment', description: 'Point a Segment client here: only its host and key change' },
    {
      name: 'Collect: RudderStack',
      description: 'RudderStack’s SDKs send to the routes of Segment, and to these',
    },
    {
      name: 'Rejected input',
      description: 'Nothing is dropped: what could not be accepted, and its way back',
    },
  ],
  paths: {
    ...Object.fromEntries(COLLECTOR_ROUTES.map((route) => [route.path, { post: collectorPath(route) }])),
    '/v1/projects/{key}/settings': { get: SETTINGS },
    '/analytics.js/v1/{key}/analytics.min.js': { get: SCRIPT },
    '/sourceConfig': { get: SOURCE_CONFIG },
    '/api/rejected': { get: LIST },
    '/api/rejected/replay': { post: REPLAY },
    '/api/warnings': { get: WARNINGS },
  },
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      writeKeyBasic: { type: 'http', scheme: 'basic', description: 'A write key as user, no password' },
      writeKeyBearer: { type: 'http', scheme: 'bearer', description: 'A write key' },
      writeKeyHeader: { type: 'apiKey', in: 'header', name: 'X-Write-Key', description: 'A write key' },
    },
  },
};
