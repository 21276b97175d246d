import { type RawBody, readText, type Share } from './body.js';
import type { Format, Split } from './format.js';
import { parseJson } from './json.js';
import { reject, type Rejected } from './outcome.js';

/** What a body came to: its JSON (undefined: none) and its items, or why there are none. */
export interface Parsed {
  readonly json: unknown;
  readonly result: Items | Rejected;
}

export interface Items {
  readonly items: readonly unknown[];
  /** The text holds `\u` escapes: an item may hold characters that cannot be stored. */
  readonly escaped: boolean;
}

/** A body of any encoding and type → its items. @throws Overloaded it inflates to more than there is room for */
export async function parse(format: Format, call: string, body: RawBody, share: Share): Promise<Parsed> {
  if (format.decode) return { json: undefined, result: parseBytes(format, call, body.bytes) };
  const text = await readText(body, share, requestTooLarge(format));
  if (typeof text !== 'string') return { json: undefined, result: text };
  const json = parseJson(text);
  if (json !== undefined) return { json, result: itemsOf(format, call, text, json) };
  const fault = text.trim() === '' ? 'The body is empty' : 'The body is not JSON';
  return { json, result: reject('unreadable-body', fault) };
}

/** The same for bytes of a format that is not JSON. */
export function parseBytes(format: Format, call: string, bytes: Buffer): Items | Rejected {
  if (bytes.length > format.requestBytes) return requestTooLarge(format);
  const split = format.decode?.(bytes, call) ?? reject('unreadable-body', 'The body is of a format of text');
  // In bytes a NUL stands as it is, without an escape.
  return limited(format, split, bytes.includes(0));
}

function itemsOf(format: Format, call: string, text: string, json: unknown): Items | Rejected {
  if (Buffer.byteLength(text) > format.requestBytes) return requestTooLarge(format);
  return limited(format, format.split(json, call), text.includes('\\u'));
}

function limited({ requestItems }: Format, split: Split, escaped: boolean): Items | Rejected {
  if ('rejected' in split) return split;
  if (split.items.length <= requestItems) return { items: split.items, escaped };
  return reject('too-many-events', `The request holds more than the limit of ${requestItems} events`);
}

export const requestTooLarge = ({ requestBytes }: Format): Rejected =>
  reject('request-too-large', `The request body is over the limit of ${sizeText(requestBytes)}`);

const sizeText = (bytes: number): string =>
  bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MB` : `${bytes / 1024} KB`;
