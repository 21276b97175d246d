import { textMember } from '../../../http/admission/json-shape.js';
import { WRITE_KEY } from '../../credentials.js';
import type { CredentialLocation, Decoded, Endpoint, Reply, RequestHead } from '../../format.js';
import { isObject } from '../../json.js';
import { json, query } from '../../openapi-parts.js';
import { isRejected, type Refusal, reject } from '../../outcome.js';
import type { RequestBody } from '../../request-body.js';
import { decodeRedirect, redirectReply } from './redirect.js';
import { cookieHeaders, withBrowser } from './browser.js';
import { documented } from '../../schema.js';
import { eventSchema } from './item.js';
import { PAYLOAD_EXAMPLE } from './examples.js';
import { decodeItem, decodeQuery } from './request.js';

/** An app id: of a collector, or a write key that a tracker was given as one. */
const appId = (value: string | undefined) =>
  value === undefined || value.trim() === '' ? undefined : ({ kind: 'app-id', value: value.trim() } as const);

/** A write key as other formats have it, else the app id of the event, or of the first one in the body. */
const APP_ID: CredentialLocation = {
  inHead: (head) => WRITE_KEY.inHead(head) ?? appId(new URLSearchParams(head.query).get('aid') ?? undefined),
  inBody: (body) => appId(textMember(body, 'aid', 3)),
};

/** The address names the collector, whatever app id its events have. */
const KEY_IN_PATH: CredentialLocation = {
  inHead: ({ params }) => appId(params.key),
  schemes: [],
};

/** Trackers try again on 413, for which a later try is no better. */
const refuse = ({ status, detail }: Refusal): Reply | undefined =>
  status === 413 ? { status: 400, contentType: 'text/plain; charset=utf-8', body: detail } : undefined;

const durable = (type: string) => ({
  200: {
    description: 'Durable: each event is in the log or kept as rejected',
    content: { [type]: { schema: { type: 'string' as const } } },
  },
});
const tags = ['Collect: Snowplow'];

const post = (path: string, credential: CredentialLocation, operationId: string): Endpoint => ({
  ...{ method: 'POST', path, call: 'tp2', credential, refuse },
  decode: decodePayload,
  reply: (_, head) => ({ headers: cookieHeaders(head), contentType: 'text/plain', body: 'ok' }),
  operation: {
    ...{ tags, operationId, responses: durable('text/plain') },
    summary: 'Events of a Snowplow tracker',
    description:
      'The app id (`aid`) is one of a collector, or a write key. Sets the cookie `sp` unless `SP-Anonymous` is sent.',
    ...(path.includes(':key') && { parameters: [KEY_PARAMETER] }),
    requestBody: { required: true, content: json('SnowplowPayload', PAYLOAD_EXAMPLE) },
  },
});

const KEY_PARAMETER = {
  ...{ name: 'key', required: true, schema: { type: 'string' } },
  in: 'path',
  description: 'Write key or app id',
} as const;

const FIELD_PARAMETERS = Object.entries(eventSchema.properties).map(([name, schema]) =>
  query(name, documented(schema).description as string, { type: 'string' }),
);

/** A transparent picture of one pixel. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const pixel: Endpoint = {
  ...{ method: 'GET', path: '/i', call: 'i', credential: APP_ID, refuse },
  decode: (head) => ({ items: withBrowser(head, [decodeQuery(head)]) }),
  reply: (_, head) => ({
    headers: { 'cache-control': 'no-store', ...cookieHeaders(head) },
    ...{ contentType: 'image/gif', body: PIXEL },
  }),
  operation: {
    ...{ tags, operationId: 'snowplowPixel', responses: durable('image/gif'), parameters: FIELD_PARAMETERS },
    summary: 'One event of a Snowplow tracker in the address of a picture',
  },
};

const redirect: Endpoint = {
  ...{ method: 'GET', path: '/r/tp2', call: 'r', credential: APP_ID },
  decode: decodeRedirect,
  reply: (_, head) => redirectReply(head),
  operation: {
    ...{ tags, operationId: 'snowplowRedirect' },
    summary: 'A click on a link that is recorded and redirected to `u`',
    description: 'Leads to hosts of the setting `redirectHosts` of the collector only.',
    parameters: [
      query('u', 'Where the link leads', { type: 'string', format: 'uri' }),
      query('aid', 'App id of the collector, or a write key', { type: 'string' }),
    ],
    responses: { 302: { description: 'Durable', headers: { location: {} } } },
  },
};

export const SNOWPLOW_ENDPOINTS: readonly Endpoint[] = [
  post('/com.snowplowanalytics.snowplow/tp2', APP_ID, 'snowplowEvents'),
  post('/s/:key', KEY_IN_PATH, 'snowplowEventsByKey'),
  pixel,
  redirect,
];

function decodePayload(head: RequestHead, body: RequestBody): Decoded {
  const parsed = body.json();
  if (isRejected(parsed)) return parsed;
  const { value, mayHoldUnstorable } = parsed;
  if (!isObject(value)) return reject('unreadable-body', 'The body must be a JSON object');
  if (!Array.isArray(value.data)) return reject('unreadable-body', 'must be a list of events', 'data');
  const decoded = (value.data as readonly unknown[]).map(decodeItem);
  return {
    items: withBrowser(
      head,
      decoded.map(({ item }) => item),
    ),
    mayHoldUnstorable: mayHoldUnstorable || decoded.some((each) => each.mayHoldUnstorable),
  };
}
