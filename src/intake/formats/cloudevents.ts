import { hash } from 'node:crypto';
import { isTouchpointKind, kindNamed, type TouchpointKind } from '../../domain/touchpoint.js';
import { keyIn } from '../credentials.js';
import { decodeRecord } from '../decode.js';
import { type Format, type Message, type RecordType } from '../format.js';
import { MESSAGE_ID_LENGTH } from '../identities.js';
import { storable } from '../inspect.js';
import { parseJson, isObject, type JsonObject } from '../json.js';
import type { Mapped } from '../mapping.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import { decodeBinary } from './cloudevents/binary.js';
import { CLOUDEVENTS_ENDPOINTS } from './cloudevents/endpoints.js';
import { checkCloudEvent, type CloudEvent, cloudEventSchema } from './cloudevents/item.js';
import { native } from './native.js';

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
    headers.ce_specversion === undefined ? decodeRecord(body) : decodeBinary(headers, 'ce_', body.bytes),
  writeKeyOf: (item) => (isObject(item) ? keyIn(item.data) : undefined),
};

/**
 * CloudEvents 1.0. What an event means is said by the mapping of its collector, by its `type`; without a rule for it, its `data` is a
 * native touchpoint. An event is known by its `source` and `id`, whatever message id the touchpoint has; `time` says when
 * it happened unless the touchpoint does.
 */
export const cloudevents: Format = {
  name: 'cloudevents',
  requestBytes: native.requestBytes,
  requestItems: native.requestItems,

  endpoints: CLOUDEVENTS_ENDPOINTS,
  record: cloudEventRecord,
  schema: cloudEventSchema,
  schemas: { CloudEvent: cloudEventSchema },
  tags: [
    { name: 'Collect: CloudEvents', description: 'Events of any system, by the mapping of their collector' },
  ],

  read(item, reading) {
    const fault = checkCloudEvent(item);
    if (fault) return fault;
    const event = item as CloudEvent;
    const mapped = reading.map({ event: event.type });
    const data = dataOf(event, mapped !== undefined);
    if (isRejected(data)) return data;
    return message(event, mapped ? mappedTouchpoint(event, data, mapped) : data, reading);
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

const IDS = ['userId', 'email', 'crmId', 'anonymousId'] as const;

/** The touchpoint of an event that a rule of the mapping is for; `buildTouchpoint` adds what else the mapping says. */
function mappedTouchpoint({ type }: CloudEvent, data: JsonObject, mapped: Mapped): JsonObject {
  const own: Record<string, unknown> = {};
  for (const id of IDS) if (isId(data[id])) own[id] = data[id];
  const ids = Object.keys(own).length > 0 ? own : mapped.identity;
  if (isTouchpointKind(data.kind)) return { ...data, ...ids, name: data.name ?? type };
  return { ...ids, kind: mapped.kind ?? kindOfType(type), name: type, properties: data };
}

const isId = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** By the last part of a type such as `com.acme.trial_started`. */
const kindOfType = (type: string): TouchpointKind => kindNamed(type.split(/[./:]/).at(-1) ?? '') ?? 'custom';

/** Without a space in the id, the last one of the text ends the source; ids with one are kept apart, so no two pairs make the same. */
function messageIdOf({ source, id }: CloudEvent): string {
  const whole = id.includes(' ') ? JSON.stringify([source, id]) : `${source} ${id}`;
  return whole.length <= MESSAGE_ID_LENGTH ? whole : `sha256-${hash('sha256', whole, 'base64url')}`;
}

/** @param isMapped then it may be anything, and nothing at all */
function dataOf(event: CloudEvent, isMapped: boolean): JsonObject | Rejected {
  const { data, data_base64: encoded, datacontenttype: type } = event;
  const isEmpty = data === undefined && !isGiven(encoded);
  if (isEmpty && isMapped) return {};
  if (typeof type === 'string' && !JSON_TYPE.test(type))
    return reject('content-type-unknown', 'must be JSON', 'datacontenttype');
  const value = typeof encoded === 'string' ? decoded(encoded) : data;
  if (isObject(value)) return value;
  if (isMapped && value !== undefined) return { data: value };
  return reject('unreadable-data', 'must be a touchpoint as a JSON object', 'data');
}

const decoded = (base64: string): unknown =>
  storable(parseJson(Buffer.from(base64, 'base64').toString('utf8')));
