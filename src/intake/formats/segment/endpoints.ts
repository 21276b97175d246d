import { type Decoded, type Endpoint, type Reply } from '../../format.js';
import { isObject, type JsonObject } from '../../json.js';
import { json } from '../../openapi-parts.js';
import { isRejected, reject } from '../../outcome.js';
import type { RequestBody } from '../../request-body.js';
import { Type } from '../../schema.js';
import { BATCH_EXAMPLE, CALL_EXAMPLES } from './examples.js';
import { SEGMENT_CALLS, type SegmentCall } from './item.js';

export const answerSchema = Type.Object({ success: Type.Boolean() });

/** Clients look at the status alone: a rejected item is kept, and telling them would make them try again. */
const SUCCESS: Reply = { contentType: 'application/json; charset=utf-8', body: '{"success":true}' };

type ListCall = 'batch' | 'import';

const SUMMARIES: Readonly<Record<SegmentCall | ListCall, string>> = {
  identify: 'Who somebody is: keys that belong together, with traits',
  track: 'Something somebody did; well-known names become their touchpoint kinds, the rest `custom`',
  page: 'A page was viewed',
  screen: 'A screen of an app was viewed',
  group: 'Somebody belongs to a company, and what is known about it',
  alias: 'Two ids are one person',
  batch: 'Events of all calls; a bad one is kept as rejected and the rest accepted',
  import: 'The same for history: times are taken as they are, whatever `sentAt` says',
};

const operation = (
  path: string,
  summary: string,
  schema: string,
  example: unknown,
): Endpoint['operation'] => ({
  tags: [path.startsWith('/beacon/') ? 'Collect: RudderStack' : 'Collect: Segment'],
  operationId: `segment${path.replaceAll('/', '_')}`,
  summary,
  description: 'Whatever the content type says, the body is JSON in UTF-8, plain, gzip, deflate or br.',
  requestBody: { required: true, content: json(schema, example) },
  responses: {
    200: {
      description: 'Durable: each event is in the log or kept as rejected',
      content: json('SegmentAnswer', { success: true }),
    },
  },
});

const single = (path: string, call: SegmentCall): Endpoint => ({
  method: 'POST',
  path,
  call,
  decode: (_, body) => decodeEvent(body, call),
  reply: () => SUCCESS,
  operation: operation(path, SUMMARIES[call], 'SegmentEvent', CALL_EXAMPLES[call]),
});

const list = (path: string, call: ListCall): Endpoint => ({
  method: 'POST',
  path,
  call,
  decode: (_, body) => decodeBatch(body),
  reply: () => SUCCESS,
  operation: operation(path, SUMMARIES[call], 'SegmentBatch', BATCH_EXAMPLE),
});

/** Each call with its short form: `track` and `t`. */
export const SEGMENT_ENDPOINTS: readonly Endpoint[] = [
  ...SEGMENT_CALLS.flatMap((call) => [single(`/v1/${call}`, call), single(`/v1/${call[0]}`, call)]),
  // The last is RudderStack's, for events that a page sends as it closes.
  ...['/v1/batch', '/v1/b', '/beacon/v1/batch'].map((path) => list(path, 'batch')),
  list('/v1/import', 'import'),
];

const notAnObject = reject('unreadable-body', 'The body must be a JSON object');

function decodeEvent(body: RequestBody, call: SegmentCall): Decoded {
  const json = body.json();
  if (isRejected(json)) return json;
  const { value, mayHoldUnstorable } = json;
  if (!isObject(value)) return notAnObject;
  return { items: [{ ...value, type: call }], isSingle: true, mayHoldUnstorable };
}

function decodeBatch(body: RequestBody): Decoded {
  const json = body.json();
  if (isRejected(json)) return json;
  const { value, mayHoldUnstorable } = json;
  if (!isObject(value)) return notAnObject;
  if (!Array.isArray(value.batch)) return reject('unreadable-body', 'must be a list of events', 'batch');
  const { context, integrations, sentAt } = value;
  const items: readonly unknown[] = value.batch;
  const outer = { context, integrations, sentAt };
  return {
    items: items.map((item) => (isObject(item) ? merged(item, outer) : item)),
    mayHoldUnstorable,
  };
}

/** What the batch says for all its events, the event's own word going first. */
function merged(item: JsonObject, outer: JsonObject): JsonObject {
  let whole = item;
  for (const name of ['context', 'integrations'] as const) {
    const shared = outer[name];
    if (!isObject(shared)) continue;
    const own = item[name];
    if (own === undefined || own === null || isObject(own))
      whole = { ...whole, [name]: { ...shared, ...own } };
  }
  if (outer.sentAt === undefined || item.sentAt !== undefined) return whole;
  return { ...whole, sentAt: outer.sentAt };
}
