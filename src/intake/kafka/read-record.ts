import type { Headers as RecordHeaders, KafkaRecord } from '../../kafka/kafka.js';
import { decodeRequest } from '../decode.js';
import type { Format, Headers, RecordType } from '../format.js';
import { reject, type Rejected } from '../outcome.js';
import { RequestBody } from '../request-body.js';

/** What one record holds, before its meaning is looked at. */
export interface DecodedRecord {
  readonly format: Format;
  /** One item of the format. */
  readonly item: unknown;
  readonly mayHoldUnstorable: boolean | undefined;
  readonly headers: Headers;
}

/** The record itself cannot be read; `format` is what it should have been. */
export type UnreadableRecord = Rejected & Pick<DecodedRecord, 'format' | 'headers'>;

/** Formats that have records of Kafka; the first has those that no other accepts. */
export interface RecordFormat extends Format {
  readonly record: RecordType;
}

export const recordFormats = (formats: readonly Format[]): readonly RecordFormat[] =>
  formats.filter((format): format is RecordFormat => format.record !== undefined);

/** A record's value, in the format that its headers name. One record is one touchpoint: its key is the buyer's. */
export function readRecord(
  formats: readonly RecordFormat[],
  { value, headers: sent, unreadable }: KafkaRecord,
): DecodedRecord | UnreadableRecord {
  const [first] = formats;
  if (!first) throw new Error('no format has records');
  const headers = textsOf(sent);
  const accepted = formats.findLast(({ record }) => record.accepts(headers));
  const format = accepted ?? first;
  const fault = (code: string, message: string): UnreadableRecord => ({
    format,
    headers,
    ...reject(code, message),
  });
  if (unreadable !== undefined) return { ...fault('unreadable-batch', unreadable), format: first };
  if (value === null && format.record.needsValue?.(headers) !== false)
    return fault('unreadable-body', 'The record has no value');
  if (!accepted) return fault('content-type-unknown', unknownType(formats, String(headers['content-type'])));
  const { record } = format;
  const head = { call: record.call, headers, params: {}, query: '' };
  const body = value === null ? RequestBody.EMPTY : new RequestBody(value, value);
  const decoded = decodeRequest(format, record, head, body);
  if ('rejected' in decoded) return { ...decoded, format, headers };
  if (!('items' in decoded)) return fault('unreadable-body', 'The record holds no item');
  const { items, mayHoldUnstorable } = decoded;
  return { format, headers, item: items[0], mayHoldUnstorable };
}

function unknownType(formats: readonly RecordFormat[], type: string): string {
  const types = formats.map(({ record }) => record.contentType);
  const known = `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`;
  return `The record is of the type "${type.slice(0, 100)}"; send ${known}`;
}

const NONE: Headers = {};

/** The first value of each header as text. */
function textsOf(headers: RecordHeaders): Headers {
  let texts: Record<string, string> | undefined;
  for (const name in headers) {
    const value = headers[name];
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && first !== null) (texts ??= {})[name] = first.toString();
  }
  const type = texts?.['content-type'];
  if (texts && type !== undefined) texts['content-type'] = type.trim();
  return texts ?? NONE;
}

/** The write key of a record: in its headers, else in its item as browsers send it. */
export function writeKeyOf({ headers, ...read }: DecodedRecord | UnreadableRecord): string | undefined {
  const sent = headers['write-key'] ?? headers['x-write-key'];
  const key = typeof sent === 'string' ? sent.trim() : '';
  if (key) return key;
  return 'rejected' in read ? undefined : read.format.record?.writeKeyOf?.(read.item);
}
