import type { Headers, KafkaRecord } from '../../kafka/kafka.js';
import { keyIn } from '../credentials.js';
import { type Format, isObject } from '../format.js';
import { cloudevents } from '../formats/cloudevents.js';
import { native } from '../formats/native.js';
import { protobuf } from '../formats/protobuf.js';
import { parseJson } from '../json.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import { parseBytes } from '../parse.js';

/** How records came, as it is kept with what is rejected. */
export const CALL = 'kafka';

/** What one record says, before its meaning is looked at. */
export interface Said {
  readonly format: Format;
  /** One touchpoint, as the format has it. */
  readonly item: unknown;
  /** It may hold characters that cannot be stored. */
  readonly escaped: boolean;
}

/** The record itself cannot be read; `format` is what it should have been. */
export type Unread = Rejected & { readonly format: Format };

const JSON_TYPE = /^application\/(?:json|(?!cloudevents)[^;\s]+\+json)\s*(?:;|$)/i;
const PROTOBUF = /^application\/(?:x-protobuf|protobuf|vnd\.google\.protobuf)\s*(?:;|$)/i;
const CLOUDEVENT = /^application\/cloudevents\+json\s*(?:;|$)/i;

/**
 * A record's value, told by its headers: with `ce_specversion` the data of a CloudEvent; else by `content-type` a whole
 * CloudEvent, a touchpoint in Protobuf or, also without one, a native touchpoint. One record is one touchpoint: its key is the buyer's.
 */
export function readRecord({ value, headers, unreadable }: KafkaRecord): Said | Unread {
  if (unreadable !== undefined) return unread(native, 'unreadable-batch', unreadable);
  const type = textOf(headers, 'content-type')?.trim() ?? '';
  if (textOf(headers, 'ce_specversion') !== undefined) return binary(value, headers, type);
  const format = CLOUDEVENT.test(type) ? cloudevents : PROTOBUF.test(type) ? protobuf : native;
  if (value === null) return unread(format, 'unreadable-body', 'The record has no value');
  if (format === native && type !== '' && !JSON_TYPE.test(type)) return unread(native, ...unknownType(type));
  return format === protobuf ? message(value) : json(format, value);
}

const unread = (format: Format, code: string, message: string): Unread => ({
  format,
  ...reject(code, message),
});

const unknownType = (type: string): [string, string] => [
  'content-type-unknown',
  `The record is of the type "${type.slice(0, 100)}"; send application/json, application/cloudevents+json or application/x-protobuf`,
];

function json(format: Format, value: Buffer): Said | Unread {
  const text = value.toString('utf8');
  const item = parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  if (isObject(item)) return { format, item, escaped: text.includes('\\u') };
  const fault = item === undefined ? 'The record is not JSON' : 'The record must be one JSON object';
  return unread(format, 'unreadable-body', fault);
}

/** `touchline.v1.Touchpoint`; an item is the native one that it maps to. */
function message(value: Buffer): Said | Unread {
  const parsed = parseBytes(protobuf, CALL, value);
  if (isRejected(parsed)) return { format: protobuf, ...parsed };
  return { format: protobuf, item: parsed.items[0], escaped: parsed.escaped };
}

/** The structured form of a CloudEvent whose attributes are headers; that is how it is kept, too, when it is rejected. */
function binary(value: Buffer | null, headers: Headers, type: string): Said {
  const event: Record<string, unknown> = {};
  for (const name of Object.keys(headers))
    if (name.startsWith('ce_')) event[name.slice(3)] = textOf(headers, name);
  if (type !== '') event.datacontenttype = type;
  const data = value === null ? undefined : parseJson(value.toString('utf8'));
  if (data !== undefined) event.data = data;
  else if (value !== null) event.data_base64 = value.toString('base64');
  return { format: cloudevents, item: event, escaped: true };
}

/** The first value of a header as text. */
export function textOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first?.toString();
}

/** The write key of a record: in its headers, else in its JSON as browsers send it. */
export function writeKeyOf(headers: Headers, said: Said | undefined): string | undefined {
  const key = (textOf(headers, 'write-key') ?? textOf(headers, 'x-write-key'))?.trim();
  if (key) return key;
  const { item, format } = said ?? {};
  return format === cloudevents && isObject(item) ? keyIn(item.data) : keyIn(item);
}
