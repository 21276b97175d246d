import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type InputType, type ZlibOptions } from 'node:zlib';
import { parsedBytes, shapeOf } from '../http/admission/json-shape.js';
import { Concurrency } from './concurrency.js';
import { parseJson } from './json.js';
import { bodyLimit, type RequestLimits, requestTooLarge } from './limits.js';
import { reject, type Rejected } from './outcome.js';

/** A request as it came: its body is judged by what it is, whatever its type says. */
export interface RawBody {
  readonly bytes: Buffer;
  /** Content-Encoding, lower case. */
  readonly encoding: string;
  /** Charset of the Content-Type, lower case. */
  readonly charset: string;
}

type Inflater = (body: InputType, options: ZlibOptions) => Promise<Buffer>;
const INFLATERS: Readonly<Record<string, readonly Inflater[]>> = {
  gzip: [promisify(gunzip)],
  // Some clients send deflate with its zlib header and some without: both are about.
  deflate: [promisify(inflate), promisify(inflateRaw)],
  br: [promisify(brotliDecompress)],
};

/** Reserves room for so many bytes more. @throws OverBudget */
export type Reserve = (bytes: number) => void;

/** Far more than the 2,500 events of any client have together. Parsing takes memory by their number. */
const MOST_VALUES = 200_000;
const tooManyValues = reject(
  'request-too-large',
  `The request holds more than the limit of ${MOST_VALUES} values`,
);

export interface Json {
  readonly value: unknown;
  /** The text holds `\\u` escapes, and with them perhaps characters that cannot be stored. */
  readonly mayHoldUnstorable: boolean;
}

/** The body of a request as formats read it. It must not live as long as the transaction of its events. */
export class RequestBody {
  #text: string | undefined;
  #json: Json | Rejected | undefined;
  #parsed: { readonly parse: unknown; readonly value: unknown } | undefined;

  /**
   * @param raw as it was sent, which is what a signature covers
   * @param bytes the same, inflated
   * @param reserve undefined: neither memory nor values are counted
   */
  constructor(
    readonly raw: Buffer,
    readonly bytes: Buffer,
    private readonly charset = '',
    readonly reserve?: Reserve,
  ) {}

  static readonly EMPTY = new RequestBody(Buffer.alloc(0), Buffer.alloc(0));

  get text(): string {
    return (this.#text ??= decoded(this.bytes, this.charset));
  }

  /** What `parse` makes of it, once for the signature and for decoding. The last one is kept. */
  parsed<T>(parse: (body: RequestBody) => T): T {
    if (this.#parsed?.parse !== parse) this.#parsed = { parse, value: parse(this) };
    return this.#parsed.value as T;
  }

  /** Parsed once, for the signature and for decoding. @throws OverBudget parsing takes more than there is room for */
  json(): Json | Rejected {
    return (this.#json ??= this.parse(this.text));
  }

  /** The same for JSON within the body, e.g. in a field of a form. @throws OverBudget */
  parse(text: string): Json | Rejected {
    const { reserve } = this;
    const shape = reserve && shapeOf(text);
    if (shape && shape.values > MOST_VALUES) return tooManyValues;
    if (shape) reserve(parsedBytes(text, shape));
    const value = parseJson(text, shape?.digits);
    if (value !== undefined) return { value, mayHoldUnstorable: text.includes('\\u') };
    return reject('unreadable-body', text.trim() === '' ? 'The body is empty' : 'The body is not JSON');
  }
}

/** Bodies inflated at once: of requests whose key is known, and of others. What they inflate to is reserved only then. */
const inflating = { known: new Concurrency(4), unknown: new Concurrency(1) };

/**
 * The body, inflated. What inflating adds is reserved.
 *
 * @param isKnown whether its key is known
 * @param limits it may inflate to
 * @throws OverBudget
 */
export async function readBody(
  body: RawBody,
  reserve: Reserve,
  isKnown: boolean,
  limits: Pick<RequestLimits, 'requestBytes'>,
): Promise<RequestBody | Rejected> {
  const encoding = encodingOf(body);
  const plain =
    encoding === undefined
      ? body.bytes
      : await inflating[isKnown ? 'known' : 'unknown'].run(() => inflated(body.bytes, encoding, limits));
  if (!Buffer.isBuffer(plain)) return plain;
  if (plain.length > body.bytes.length) reserve(plain.length - body.bytes.length);
  return new RequestBody(body.bytes, plain, body.charset, reserve);
}

/** Undefined: it is as it is. JSON never begins with the magic number of gzip, so a missing header does no harm. */
function encodingOf({ bytes, encoding }: RawBody): string | undefined {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const name = isGzip || encoding === 'x-gzip' ? 'gzip' : encoding;
  return name === '' || name === 'identity' || isBare(bytes) ? undefined : name;
}

async function inflated(
  bytes: Buffer,
  name: string,
  limits: Pick<RequestLimits, 'requestBytes'>,
): Promise<Buffer | Rejected> {
  const inflaters = Object.hasOwn(INFLATERS, name) ? INFLATERS[name] : undefined;
  if (!inflaters)
    return reject(
      'encoding-unknown',
      `The body is encoded as "${name.slice(0, 40)}"; send gzip, deflate or br`,
    );
  const options = { maxOutputLength: bodyLimit(limits) };
  for (const inflater of inflaters) {
    try {
      return await inflater(bytes, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return requestTooLarge(limits);
    }
  }
  return reject('unreadable-body', `The body is not ${name}, as its Content-Encoding says`);
}

/** Proxies that inflate a body sometimes leave the header: a body that is bare JSON is taken as it is. */
const isBare = (bytes: Buffer): boolean => bytes[0] === 0x7b || bytes[0] === 0x5b;

function decoded(bytes: Buffer, charset: string): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.toString('utf8', 3);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return textIn('utf-16le', bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return textIn('utf-16be', bytes);
  if (charset.startsWith('utf-16')) return textIn(charset, bytes);
  if (charset === '' || charset === 'utf-8' || charset === 'utf8' || isUtf8(bytes))
    return bytes.toString('utf8');
  return textIn(charset, bytes);
}

function textIn(charset: string, bytes: Buffer): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

/** Lower case, the value of `charset=` in a Content-Type. */
export const charsetOf = (contentType: string | undefined): string =>
  /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? '';
