import { isUtf8 } from 'node:buffer';
import { isObject, type JsonObject } from '../../intake/json.js';
import { contact } from '../../intake/formats/contact.js';
import { native } from '../../intake/formats/native.js';
import { segment } from '../../intake/formats/segment.js';
import { derivedMessageId, messageIdOf } from '../../intake/identities.js';
import { parseJson } from '../../intake/json.js';
import { reject } from '../../intake/outcome.js';
import { rowTooLarge, type SourceRow } from './row-splitter.js';
import type { ReadRow, RowReader } from './row-reader.js';

export const notUtf8 = reject('unreadable-row', 'is not UTF-8; name its encoding with --encoding');
const notJson = reject('unreadable-row', 'is not JSON');
const notAnObject = reject('unreadable-row', 'is not a JSON object');

type Complete = (item: JsonObject, occasion: () => string) => JsonObject;

/** Lines of JSON. @param complete adds what such rows lack and requests have */
const jsonRows = (format: RowReader['format'], call: string, complete: Complete): RowReader => ({
  format,
  call,
  read: (rows, occasion) => rows.map((row) => readRow(row, (item) => complete(item, () => occasion(row)))),
});

function readRow(row: SourceRow, complete: (item: JsonObject) => JsonObject): ReadRow {
  if (row.sentBytes !== undefined) return rowTooLarge;
  if (!isUtf8(row.bytes)) return notUtf8;
  const text = row.bytes.toString('utf8');
  const item = parseJson(text);
  if (item === undefined) return notJson;
  if (!isObject(item)) return notAnObject;
  return { item: complete(item), mayHoldUnstorable: text.includes('\\u') };
}

/** People, as a list has them. */
export const contactRows = jsonRows(contact, 'contacts', (item) => item);

/** Touchline's own touchpoints. */
export const nativeRows = jsonRows(native, 'touchpoints', withMessageId);

/** Raw calls, as Segment's destinations for S3 and other stores write them. */
export const segmentRows = jsonRows(segment, 'import', withTimestamp);

/** A row without an id of its own is known by its content; when it has no time either, by its place, too. */
export function withMessageId(item: JsonObject, occasion: () => string): JsonObject {
  if (messageIdOf(item.messageId) !== undefined) return item;
  const isTimed = item.occurredAt !== undefined && item.occurredAt !== null && item.occurredAt !== '';
  return { ...item, messageId: derivedMessageId(item, isTimed ? '' : occasion()) };
}

/** An archive knows when a call without a time was received. */
function withTimestamp(item: JsonObject): JsonObject {
  const { timestamp, originalTimestamp, receivedAt } = item;
  const isTimed = (timestamp ?? originalTimestamp ?? undefined) !== undefined;
  return isTimed || typeof receivedAt !== 'string' ? item : { ...item, timestamp: receivedAt };
}
