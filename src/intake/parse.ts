import { parsedBytes, shapeOf } from '../http/admission/json-shape.js';
import { requestTooLarge, tooManyEvents } from './limits.js';
import { type RawBody, readText, type Reserve } from './body.js';
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

/** The text of a body of any encoding and type, or why there is none. @throws OverBudget it inflates to too much */
export const textOf = (
  format: Format,
  body: RawBody,
  reserve: Reserve,
  isKnown: boolean,
): Promise<string | Rejected> => readText(body, reserve, isKnown, requestTooLarge(format));

/** Far more than the 2,500 events of any client have together. Parsing takes memory by their number. */
const MOST_VALUES = 200_000;

/** A body's text → its items. @throws OverBudget parsing takes more than there is room for */
export function parse(format: Format, call: string, text: string | Rejected, reserve: Reserve): Parsed {
  if (typeof text !== 'string') return { json: undefined, result: text };
  if (Buffer.byteLength(text) > format.requestBytes)
    return { json: undefined, result: requestTooLarge(format) };
  const shape = shapeOf(text);
  if (shape.values > MOST_VALUES) return { json: undefined, result: tooManyValues };
  reserve(parsedBytes(text, shape));
  const json = parseJson(text);
  if (json !== undefined)
    return { json, result: limited(format, format.split(json, call), text.includes('\\u')) };
  const fault = text.trim() === '' ? 'The body is empty' : 'The body is not JSON';
  return { json, result: reject('unreadable-body', fault) };
}

const tooManyValues = reject(
  'request-too-large',
  `The request holds more than the limit of ${MOST_VALUES} values`,
);

/** The same for bytes of a format that is not JSON. */
export function parseBytes(format: Format, call: string, bytes: Buffer): Items | Rejected {
  if (bytes.length > format.requestBytes) return requestTooLarge(format);
  const split = format.decode?.(bytes, call) ?? reject('unreadable-body', 'The body is of a format of text');
  // In bytes a NUL stands as it is, without an escape.
  return limited(format, split, bytes.includes(0));
}

function limited({ requestItems }: Format, split: Split, escaped: boolean): Items | Rejected {
  if ('rejected' in split) return split;
  if (split.items.length <= requestItems) return { items: split.items, escaped };
  return tooManyEvents({ requestItems });
}
