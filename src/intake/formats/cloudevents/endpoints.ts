import { WRITE_KEY, writeKey } from '../../credentials.js';
import { decodeOneOrMore } from '../../decode.js';
import type { CredentialLocation, Decoded, Endpoint, Reply, RequestHead } from '../../format.js';
import { json } from '../../openapi-parts.js';
import { reject } from '../../outcome.js';
import { receiptsReply } from '../../receipts.js';
import type { RequestBody } from '../../request-body.js';
import { decodeBinary, decodePercent } from './binary.js';
import { EVENT, EVENT_RECEIPTS } from './examples.js';

/** As other formats have it, or `access_token` in the address, as CloudEvents’ webhooks do. */
const CREDENTIAL: CredentialLocation = {
  inHead: (head) =>
    WRITE_KEY.inHead(head) ?? writeKey(new URLSearchParams(head.query).get('access_token') ?? undefined),
};

const typeOf = ({ headers }: RequestHead): string =>
  String(headers['content-type'] ?? '')
    .split(';')[0]
    ?.trim()
    .toLowerCase() ?? '';

const STRUCTURED: ReadonlySet<string> = new Set([
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
]);

const unknownType = reject(
  'content-type-unknown',
  'The content type must be application/cloudevents+json or application/cloudevents-batch+json, or headers ce-… must have the attributes',
);

/** What was kept of a request without its head is judged by its body, when it is replayed. */
function decode(head: RequestHead, body: RequestBody): Decoded {
  const type = typeOf(head);
  const isBinary = head.headers['ce-specversion'] !== undefined;
  const isReplay = head.client === undefined && type === '' && !isBinary;
  if (STRUCTURED.has(type) || isReplay) return decodeOneOrMore(body, 'a CloudEvent');
  if (isBinary && !type.startsWith('application/cloudevents'))
    return decodeBinary(head.headers, 'ce-', body.bytes, decodePercent);
  return unknownType;
}

const tags = ['Collect: CloudEvents'];

const events: Endpoint = {
  ...{ method: 'POST', path: '/events', call: 'events', credential: CREDENTIAL, decode },
  reply: (outcomes) => receiptsReply(outcomes, 202),
  operation: {
    ...{ tags, operationId: 'cloudEvents' },
    summary: 'CloudEvents 1.0: one in binary or structured mode, or a batch',
    description:
      'The type becomes a touchpoint by the mapping of the collector; without one `data` is a touchpoint in Touchline’s own format.',
    requestBody: {
      required: true,
      content: {
        'application/cloudevents+json': json('CloudEvent', EVENT)['application/json'],
        'application/cloudevents-batch+json': {
          schema: { type: 'array', items: { $ref: '#/components/schemas/CloudEvent' } },
          example: [EVENT],
        },
        'application/json': { schema: { description: '`data`, with the attributes as headers ce-…' } },
      },
    },
    responses: {
      202: { description: 'Durable: a receipt each, in order', content: json('Receipts', EVENT_RECEIPTS) },
    },
  },
};

/** The sender of a webhook asks before it sends: cloudevents.io, HTTP 1.1 Web Hooks, section 4. */
const validation: Endpoint = {
  ...{ method: 'OPTIONS', path: '/events', call: 'validation', credential: CREDENTIAL },
  decode: (head) => ({ reply: permission(head) }),
  reply: () => ({}),
  operation: {
    ...{ tags, operationId: 'cloudEventsValidation' },
    summary: 'The sender of a webhook asks whether it may send (`WebHook-Request-Origin`)',
    responses: {
      204: {
        description: 'It may',
        headers: { 'WebHook-Allowed-Origin': {}, 'WebHook-Allowed-Rate': {} },
      },
    },
  },
};

const ORIGIN = /^[\w.-]{1,253}$/;

function permission({ headers, collector }: RequestHead): Reply {
  const origin = headers['webhook-request-origin'];
  const allowed = { allow: 'POST, OPTIONS' };
  if (typeof origin !== 'string' || !ORIGIN.test(origin))
    return {
      ...{ status: 400, headers: allowed, contentType: 'application/problem+json; charset=utf-8' },
      body: JSON.stringify({
        ...{ type: 'about:blank', title: 'Bad Request', status: 400, code: 'origin-invalid' },
        detail: 'The header WebHook-Request-Origin must hold the host name of the sender',
      }),
    };
  const perSecond = collector?.settings.requestsPerSecond;
  return {
    status: 204,
    headers: {
      ...allowed,
      'webhook-allowed-origin': origin,
      'webhook-allowed-rate': perSecond === undefined ? '*' : String(perSecond * 60),
    },
  };
}

export const CLOUDEVENTS_ENDPOINTS: readonly Endpoint[] = [events, validation];
