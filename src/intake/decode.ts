import { type Decoded, type Decoder, type Format, type RequestHead } from './format.js';
import { isObject } from './json.js';
import { requestTooLarge, tooManyEvents } from './limits.js';
import { isRejected, reject, type Rejected } from './outcome.js';
import { RequestBody } from './request-body.js';
import { sentItems } from './sent-items.js';

/**
 * Takes a request apart, within the limits of its format.
 *
 * @param body rejected: it could not be inflated
 * @throws OverBudget parsing takes more than there is room for
 */
export function decodeRequest(
  format: Format,
  decoder: Decoder,
  head: RequestHead,
  body: RequestBody | Rejected,
): Decoded {
  if (!(body instanceof RequestBody)) return body;
  if (body.bytes.length > format.requestBytes) return requestTooLarge(format);
  const decoded = decoder.decode(head, body);
  if (!('items' in decoded)) return decoded;
  const { length } = decoded.items;
  return length > format.requestItems
    ? tooManyEvents(format)
    : { ...decoded, sentOf: sentItems(body, length) };
}

/** A body that is one item or a list of them. @param what the items are called in the reason */
export function decodeOneOrMore(body: RequestBody, what: string): Decoded {
  const json = body.json();
  if (isRejected(json)) return json;
  const { value, mayHoldUnstorable } = json;
  if (Array.isArray(value)) return { items: value as readonly unknown[], mayHoldUnstorable };
  if (isObject(value)) return { items: [value], isSingle: true, mayHoldUnstorable };
  return reject('unreadable-body', `The body must be ${what} or a list of them`);
}

/** The value of a record of Kafka that is one item as JSON. */
export function decodeRecord(body: RequestBody): Decoded {
  const json = body.json();
  if (isRejected(json)) return reject('unreadable-body', 'The record is not JSON');
  const { value, mayHoldUnstorable } = json;
  if (!isObject(value)) return reject('unreadable-body', 'The record must be one JSON object');
  return { items: [value], isSingle: true, mayHoldUnstorable };
}
