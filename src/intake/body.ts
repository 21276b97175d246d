import type { FastifyRequest } from 'fastify';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type InputType, type ZlibOptions } from 'node:zlib';
import { reject, type Rejected } from './outcome.js';

/** A body is read up to this size, in bytes, so that one over its format's limit can still be kept. */
export const READ_BYTES = 1024 * 1024;

/** A request as it came: its body is judged by what it is, whatever its type says. */
export interface RawBody {
  readonly bytes: Buffer;
  /** Content-Encoding, lower case. */
  readonly encoding: string;
  /** Charset of the Content-Type, lower case. */
  readonly charset: string;
}

/**
 * How many bytes of bodies may be under way at once. A request holds its share from its first byte to its answer;
 * what does not fit is refused at once, before memory grows.
 */
export class InFlight {
  #bytes = 0;
  constructor(private readonly limit: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.limit) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export class BodyTooLarge extends Error {
  constructor(readonly sentBytes: number) {
    super('the body is over the limit');
  }
}
export class Overloaded extends Error {}
/** The client left in the middle of its body: there is nobody to answer. */
export class ClientGone extends Error {}

/** Counted for every request beside its body: its objects, its buffers, its place in the queue of the log. */
export const REQUEST_BYTES = 4096;

/** What a request holds of `InFlight`. */
export class Share {
  #held = 0;
  constructor(private readonly inFlight: InFlight) {}

  /** False: there is no room for so much more. */
  grew(bytes: number): boolean {
    if (!this.inFlight.take(bytes)) return false;
    this.#held += bytes;
    return true;
  }

  /** @throws Overloaded */
  grow(bytes: number): void {
    if (!this.grew(bytes)) throw new Overloaded();
  }

  release(): void {
    this.inFlight.give(this.#held);
    this.#held = 0;
  }
}

/**
 * Reads a body of at most READ_BYTES.
 *
 * @throws BodyTooLarge, Overloaded, ClientGone
 */
export function readBytes(request: FastifyRequest, stream: IncomingMessage, share: Share): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > READ_BYTES) return Promise.reject(new BodyTooLarge(declared));
  return new Promise((resolve, fail) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (error?: Error): void => {
      stream.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      if (error) fail(error);
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length));
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > READ_BYTES) end(new BodyTooLarge(length));
      else if (!share.grew(chunk.length)) end(new Overloaded());
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      end();
    };
    const onGone = (): void => {
      end(new ClientGone());
    };
    stream.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

const options: ZlibOptions = { maxOutputLength: READ_BYTES };
type Inflater = (body: InputType, options: ZlibOptions) => Promise<Buffer>;
const INFLATERS: Readonly<Record<string, readonly Inflater[]>> = {
  gzip: [promisify(gunzip)],
  // Some clients send deflate with its zlib header and some without: both are about.
  deflate: [promisify(inflate), promisify(inflateRaw)],
  br: [promisify(brotliDecompress)],
};

/**
 * The text of a body, inflated and decoded. `share` is charged for what inflating adds.
 *
 * @param tooLarge the answer to a body that inflates to more than READ_BYTES
 */
export async function readText(body: RawBody, share: Share, tooLarge: Rejected): Promise<string | Rejected> {
  const plain = await inflated(body, tooLarge);
  if (!Buffer.isBuffer(plain)) return plain;
  if (plain.length > body.bytes.length) share.grow(plain.length - body.bytes.length);
  return decoded(plain, body.charset);
}

/** JSON never begins with the magic number of gzip, so a missing header does no harm. */
async function inflated({ bytes, encoding }: RawBody, tooLarge: Rejected): Promise<Buffer | Rejected> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const name = isGzip || encoding === 'x-gzip' ? 'gzip' : encoding;
  if (name === '' || name === 'identity' || isBare(bytes)) return bytes;
  const inflaters = Object.hasOwn(INFLATERS, name) ? INFLATERS[name] : undefined;
  if (!inflaters)
    return reject(
      'encoding-unknown',
      `The body is encoded as "${name.slice(0, 40)}"; send gzip, deflate or br`,
    );
  for (const inflater of inflaters) {
    try {
      return await inflater(bytes, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge;
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
