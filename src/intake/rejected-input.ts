import { type Decoder, type Format } from './format.js';
import { isObject } from './json.js';
import { lasting, MESSAGE_ID_LENGTH, messageIdOf } from './identities.js';
import { jsonText, storable } from './inspect.js';
import type { Reason } from './outcome.js';
import type { RejectedInput, SentAs } from './rejected.js';
import type { RawBody } from './request-body.js';
import { text } from './values.js';

/** How an item that was rejected is kept. */
export function rejectedItem(
  { name: format }: Pick<Format, 'name'>,
  item: unknown,
  reason: Reason,
  { sent, source }: SentAs = {},
): RejectedInput {
  const messageId = messageIdIn(item);
  const json = jsonText(item);
  const payload = Buffer.from(json);
  return {
    ...{ unit: 'item', format, payload, reason },
    ...(sent && !sent.equals(payload) && { sent }),
    ...(source !== undefined && { source }),
    knownBy: isObject(item) ? jsonText(lasting(item)) : json,
    ...(messageId === undefined ? {} : { messageId }),
  };
}

/** What the client will look for, however broken the rest is. */
export function messageIdIn(item: unknown): string | undefined {
  const id = isObject(item) ? text(messageIdOf(item.messageId), MESSAGE_ID_LENGTH) : undefined;
  return id && (storable(id) as string);
}

/** How a request is kept that could not be taken apart. */
export const rejectedRequest = (
  { name: format }: Pick<Format, 'name'>,
  { bytes, encoding, charset }: RawBody,
  reason: Reason,
): RejectedInput => ({
  ...{ unit: 'request', format, payload: bytes, reason },
  ...(encoding === '' ? {} : { encoding }),
  ...(charset === '' ? {} : { charset }),
});

/** Of a request over the limit only that it came is kept, as a row of its own. */
export const oversizedRequest = (
  format: Pick<Format, 'name'>,
  body: RawBody,
  reason: Reason,
  { sentBytes, receivedAt }: { readonly sentBytes: number; readonly receivedAt: Date },
): RejectedInput => ({
  ...rejectedRequest(format, { ...body, bytes: Buffer.alloc(0) }, reason),
  ...{ sentBytes, knownBy: `${sentBytes} bytes at ${receivedAt.toISOString()}` },
});

/** A request without a body is kept by its query. */
export const isWithoutBody = (decoder: Decoder): boolean => 'method' in decoder && decoder.method !== 'POST';
