import { json, type OpenApiOperation as Operation, type OpenApiPart, query } from './openapi-parts.js';
import { COUNT_INTERVALS, COUNT_KEYS } from './rejected-counts.js';
import {
  CORRECT_EXAMPLE,
  COUNTS_EXAMPLE,
  REJECTED_EXAMPLE,
  REPLAY_EXAMPLE,
  RETENTION_EXAMPLE,
  WARNINGS_EXAMPLE,
} from './rejected-examples.js';
import { rejectedSchemas } from './rejected-schemas.js';

const API_KEY = [{ bearer: [] }];

const LIST: Operation = {
  tags: ['Rejected input'],
  operationId: 'rejected.list',
  summary: 'Input that could not be accepted, whole, with the reason; newest first',
  description: 'Pages are bounded in bytes, too: a short page with `next` is not the last.',
  security: API_KEY,
  parameters: [
    query('code', 'Rejected for this reason', { type: 'string' }),
    query('collector', 'By this collector', { type: 'string' }),
    query('state', 'Still open, replayed with success, or all', {
      enum: ['open', 'replayed', 'all'],
      default: 'open',
    }),
    query('limit', 'Rows of a page', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
    query('cursor', '`next` of the page before; the filters stay the same', { type: 'string' }),
  ],
  responses: {
    200: { description: 'A page', content: json('RejectedPage', REJECTED_EXAMPLE) },
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
    200: { description: 'A page', content: json('WarningsPage', WARNINGS_EXAMPLE) },
  },
};

const COUNTS: Operation = {
  tags: ['Rejected input'],
  operationId: 'rejected.counts',
  summary: 'How much input was rejected over time, by reason or otherwise',
  security: API_KEY,
  parameters: [
    query('by', 'What it is counted by', { enum: [...COUNT_KEYS], default: 'code' }),
    query('interval', 'Of the time of receipt', { enum: [...COUNT_INTERVALS], default: 'day' }),
    query('from', 'First moment; default: a week before to', { type: 'string', format: 'date-time' }),
    query('to', 'Up to this moment; default: now', { type: 'string', format: 'date-time' }),
    query('code', 'Only rejected for this reason', { type: 'string' }),
    query('collector', 'Only of this collector', { type: 'string' }),
  ],
  responses: {
    200: { description: 'Oldest interval first', content: json('RejectedCounts', COUNTS_EXAMPLE) },
  },
};

const RETENTION: Operation = {
  tags: ['Rejected input'],
  operationId: 'rejected.retention',
  summary: 'How much of its retention rejected input uses, and whether some will be removed soon',
  security: API_KEY,
  responses: {
    200: { description: 'Usage', content: json('RejectedRetention', RETENTION_EXAMPLE) },
  },
};

const CORRECT: Operation = {
  tags: ['Rejected input'],
  operationId: 'rejected.correct',
  summary: 'Edits rejected input for its replay; what was sent stays beside it as it came',
  security: API_KEY,
  requestBody: {
    required: true,
    content: json('CorrectCommand', { code: 'unknown-kind', merge: { kind: 'custom' } }),
  },
  responses: {
    200: { description: 'What each came to', content: json('CorrectAnswer', CORRECT_EXAMPLE) },
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
    200: { description: 'What each came to', content: json('ReplayAnswer', REPLAY_EXAMPLE) },
  },
};

/** The routes about what was rejected, or accepted in part. @param formats names of the wire formats */
export const rejectedOpenApi = (formats: readonly string[]): OpenApiPart => ({
  tags: [
    {
      name: 'Rejected input',
      description: 'Nothing is dropped: what could not be accepted, and its way back',
    },
  ],
  paths: {
    '/api/rejected': { get: LIST },
    '/api/rejected/counts': { get: COUNTS },
    '/api/rejected/retention': { get: RETENTION },
    '/api/rejected/correct': { post: CORRECT },
    '/api/rejected/replay': { post: REPLAY },
    '/api/warnings': { get: WARNINGS },
  },
  schemas: rejectedSchemas(formats),
});
