import { hash } from 'node:crypto';
import { keyIn } from '../credentials.js';
import { decodeRecord } from '../decode.js';
import { type Decoded, type Format, type Headers, type Message, type RecordType } from '../format.js';
import { MESSAGE_ID_LENGTH } from '../identities.js';
import { storable } from '../inspect.js';
import { parseJson, isObject, type JsonObject } from '../json.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import { checker, nullableText, oneOf, type Static, Type } from '../schema.js';
import { native } from './native.js';

const name = (description: string) => Type.String({ minLength: 1, maxLength: 1024, description });

/** A CloudEvent in its structured form. */
const cloudEventSchema = Type.Object({
  specversion: oneOf(['1.0'], 'Of CloudEvents'),
  id: name('Unique together with the source'),
  source: name('Who sends it, as a URI reference'),
  type: name('What it is about'),
  time: Type.Optional(
    nullableText('When it happened, unless the touchpoint says it', { format: 'date-time' }),
  ),
  datacontenttype: Type.Optional(nullableText('Of `data`: JSON')),
  data: Type.Optional(Type.Unknown({ description: 'A touchpoint' })),
  data_base64: Type.Optional(nullableText('The same in base64')),
});

type CloudEvent = Readonly<Static<typeof cloudEventSchema>> & JsonObject;

const check = checker(cloudEventSchema);

const JSON_TYPE = /^[^/;\s]+\/(?:json|[^;\s]+\+json)\s*(?:;|$)/i;

const STRUCTURED = /^application\/cloudevents\+json\s*(?:;|$)/i;

/** A record is a whole event, or its data with the attributes as headers. */
const cloudEventRecord: RecordType = {
  call: 'kafka',
  contentType: 'application/cloudevents+json',
  accepts: ({ ce_specversion: version, 'content-type': type = '' }) =>
    version !== undefined || STRUCTURED.test(String(type)),
  needsValue: ({ ce_specversion: version }) => version === undefined,
  decode: ({ headers }, body) =>
    headers.ce_specversion === undefined ? decodeRecord(body) : decodeBinary(headers, body.bytes),
  writeKeyOf: (item) => (isObject(item) ? keyIn(item.data) : undefined),
};

/** The structured form of an event whose attributes are headers; that is how it is kept, too, when it is rejected. */
function decodeBinary(headers: Headers, value: Buffer): Decoded {
  const event: Record<string, unknown> = {};
  for (const [name, attribute] of Object.entries(headers))
    if (name.startsWith('ce_')) event[name.slice(3)] = attribute;
  if (headers['content-type']) event.datacontenttype = headers['content-type'];
  const data = parseJson(value.toString('utf8'));
  if (data !== undefined) event.data = data;
  else if (value.length > 0) event.data_base64 = value.toString('base64');
  return { items: [event], isSingle: true };
}

/**
 * CloudEvents 1.0 whose `data` is a native touchpoint. An event is known by its `source` and `id`, whatever message id
 * the touchpoint has; `time` says when it happened unless the touchpoint does.
 */
export const cloudevents: Format = {
  name: 'cloudevents',
  requestBytes: native.requestBytes,
  requestItems: native.requestItems,

  endpoints: [],
  record: cloudEventRecord,
  schema: cloudEventSchema,

  read(item, reading) {
    const fault = check(item);
    if (fault) return fault;
    const event = item as CloudEvent;
    const data = dataOf(event);
    return isRejected(data) ? data : message(event, data, reading);
  },
};

function message(event: CloudEvent, data: JsonObject, reading: Reading): Message | Rejected {
  const occurredAt = data.occurredAt ?? event.time;
  const read = native.read({ ...data, messageId: messageIdOf(event), occurredAt }, reading.inside('data'));
  const path = data.occurredAt === undefined || data.occurredAt === null ? 'time' : 'data.occurredAt';
  if (!isRejected(read)) return { ...read, time: { ...read.time, path } };
  const { code, message, path: inside } = read.rejected;
  return reject(code, message, inside === undefined ? 'data' : `data.${inside}`);
}

/** A source is a URI reference, which holds no space: no two pairs make the same id. */
function messageIdOf({ source, id }: CloudEvent): string {
  const whole = `${source} ${id}`;
  return whole.length <= MESSAGE_ID_LENGTH ? whole : `sha256-${hash('sha256', whole, 'base64url')}`;
}

function dataOf({ data, data_base64: encoded, datacontenttype: type }: CloudEvent): JsonObject | Rejected {
  if (typeof type === 'string' && !JSON_TYPE.test(type))
    return reject('content-type-unknown', 'must be JSON', 'datacontenttype');
  const value = typeof encoded === 'string' ? decoded(encoded) : data;
  if (isObject(value)) return value;
  return reject('unreadable-data', 'must be a touchpoint as a JSON object', 'data');
}

const decoded = (base64: string): unknown =>
  storable(parseJson(Buffer.from(base64, 'base64').toString('utf8')));
