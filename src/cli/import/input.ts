import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib';

/** Of a chunk, compressed and decompressed. */
const CHUNK_BYTES = 256 * 1024;

/** The name that stands for standard input. */
export const STDIN = '-';

/** A file, or what the input ends with, cannot be read on. */
export class UnreadableInput extends Error {
  override readonly name = 'UnreadableInput';
}

/** The decompressed bytes of a file; compression is detected from its first bytes. */
export class Input {
  /** Bytes of the file that were read so far, as they are there. */
  bytesRead = 0;
  readonly #source: Readable;
  #chunks: AsyncIterator<Buffer> | undefined;
  #first: Buffer | undefined;

  /** @param encoding of the text, where it is not UTF-8 (as in `TextDecoder`) */
  constructor(
    path: string,
    private readonly encoding?: string,
  ) {
    this.#source = path === STDIN ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  }

  /** The first bytes, which the next read returns again; empty: there are none. */
  async peek(): Promise<Buffer> {
    this.#chunks ??= this.#open();
    this.#first ??= await this.#next();
    return this.#first ?? Buffer.alloc(0);
  }

  /** @throws UnreadableInput */
  async *chunks(): AsyncGenerator<Buffer> {
    const first = await this.peek();
    if (first.length > 0) yield first;
    for (let chunk; (chunk = await this.#next()) !== undefined;) yield chunk;
  }

  close(): void {
    this.#source.destroy();
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const step = await this.#chunks?.next();
      return step?.done === false ? step.value : undefined;
    } catch (error) {
      throw new UnreadableInput(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  #open(): AsyncIterator<Buffer> {
    return this.encoding === undefined ? byMark(this.#plain()) : transcoded(this.#plain(), this.encoding);
  }

  async *#plain(): AsyncGenerator<Buffer> {
    const raw = this.#raw();
    const step = await raw.next();
    if (step.done === true) return;
    const inflater = inflaterOf(step.value);
    const chunks = prepended(step.value, raw);
    yield* inflater ? inflater(chunks) : chunks;
  }

  async *#raw(): AsyncGenerator<Buffer> {
    for await (const chunk of this.#source as AsyncIterable<Buffer>) {
      this.bytesRead += chunk.length;
      yield chunk;
    }
  }
}

async function* prepended(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** Text that begins with the byte order mark of UTF-16, as Excel writes it, is read as that. */
async function* byMark(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const step = await chunks.next();
  if (step.done === true) return;
  const mark = step.value.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : undefined;
  const all = prepended(step.value, chunks);
  yield* encoding === undefined ? all : transcoded(all, encoding);
}

async function* transcoded(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield Buffer.from(text);
  }
  const rest = decoder.decode();
  if (rest !== '') yield Buffer.from(rest);
}

async function* gunzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(chunks, { objectMode: false });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  source.on('error', (error) => gunzip.destroy(error));
  yield* source.pipe(gunzip) as AsyncIterable<Buffer>;
}

/** Node's decoder ends with a frame that ends within a chunk, and takes no more: another one reads on there. */
async function* unzstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  for (let left: Buffer | undefined = EMPTY; left !== undefined;) {
    const inflater = createZstdDecompress({ chunkSize: CHUNK_BYTES });
    const feeder: Feeder = new Feeder(source, inflater, left);
    yield* inflater as AsyncIterable<Buffer>;
    left = feeder.left;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);

/** Writes chunks to a decoder until it ends. */
class Feeder {
  #chunk: Buffer | undefined;
  #before = 0;

  constructor(
    private readonly source: AsyncIterator<Buffer>,
    private readonly inflater: ZstdDecompress,
    first: Buffer,
  ) {
    this.#write(first);
  }

  /** Of the chunk during which it ended; undefined: all chunks were taken. */
  get left(): Buffer | undefined {
    return this.#chunk?.subarray(this.inflater.bytesWritten - this.#before);
  }

  #write(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#before = this.inflater.bytesWritten;
    this.inflater.write(chunk, (error) => {
      if (!error) void this.#next();
    });
  }

  async #next(): Promise<void> {
    try {
      const step = await this.source.next();
      this.#chunk = undefined;
      if (step.done === true) this.inflater.end();
      else this.#write(step.value);
    } catch (error) {
      this.inflater.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** By the magic numbers of gzip and Zstandard. */
function inflaterOf(bytes: Buffer): ((chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>) | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipped;
  return bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528 ? unzstd : undefined;
}
