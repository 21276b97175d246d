import { hash } from 'node:crypto';
import { type Format, isObject, type JsonObject, type Message } from '../format.js';
import { MESSAGE_ID_LENGTH } from '../identities.js';
import { storable } from '../inspect.js';
import { parseJson } from '../json.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import { checker } from '../schema.js';
import { native } from './native.js';

/** An event after `check`, in the structured form of CloudEvents 1.0. */
interface CloudEvent extends JsonObject {
  readonly id: string;
  readonly source: string;
  readonly time?: string | null;
  readonly datacontenttype?: string | null;
  readonly data?: unknown;
  readonly data_base64?: string | null;
}

const name = { type: 'string', minLength: 1, maxLength: 1024 };

const check = checker({
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: {
    specversion: { enum: ['1.0'] },
    id: name,
    source: name,
    type: name,
    time: { type: ['string', 'null'] },
    datacontenttype: { type: ['string', 'null'] },
    data_base64: { type: ['string', 'null'] },
  },
});

const JSON_TYPE = /^[^/;\s]+\/(?:json|[^;\s]+\+json)\s*(?:;|$)/i;

/**
 * CloudEvents 1.0 whose `data` is a native touchpoint. An event is known by its `source` and `id`, whatever message id
 * the touchpoint has; `time` says when it happened unless the touchpoint does.
 */
export const cloudevents: Format = {
  name: 'cloudevents',
  requestBytes: native.requestBytes,
  requestItems: native.requestItems,

  split(body) {
    if (Array.isArray(body)) return { items: body as readonly unknown[] };
    return isObject(body)
      ? { items: [body] }
      : reject('unreadable-body', 'The body must be a CloudEvent or a list of them');
  },

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
