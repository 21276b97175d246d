// Gives kafkajs the codecs of Kafka, each with a bound; of its own it has gzip without one. Imported for its effect.
import kafkajs from 'kafkajs';
import { decompressFrameSync } from 'lz4-napi';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { uncompressSync } from 'snappy';

/** Records of one batch inflate to no more than this, in bytes: memory stays bounded. */
const INFLATED_BYTES = 64 * 1024 * 1024;
const bound = { maxOutputLength: INFLATED_BYTES };

const inflateGzip = promisify(gunzip);
const inflateZstd = promisify(zstdDecompress);

type Inflate = (bytes: Buffer) => Promise<Buffer> | Buffer;

/** Touchline sends nothing compressed: only what reads is given. */
const reading = (inflate: Inflate) => () => ({
  decompress: async (bytes: Buffer): Promise<Buffer> => {
    try {
      return await inflate(bytes);
    } catch (error) {
      throw new Error(`a batch of records does not inflate: ${(error as Error).message}`, { cause: error });
    }
  },
});

/** Java's clients write blocks in a frame of snappy-java, others one block. */
const SNAPPY_FRAME = Buffer.from('\x82SNAPPY\0', 'latin1');
const SNAPPY_FRAME_HEAD = 16;

/** @throws Error it inflates to too much, or is broken */
function inflateSnappy(bytes: Buffer): Buffer {
  const blocks = bytes.subarray(0, SNAPPY_FRAME.length).equals(SNAPPY_FRAME)
    ? [...snappyBlocks(bytes)]
    : [bytes];
  assertBound(blocks.reduce((sum, block) => sum + snappySize(block), 0));
  return Buffer.concat(blocks.map((block) => uncompressSync(block) as Buffer));
}

function* snappyBlocks(bytes: Buffer): Generator<Buffer> {
  for (let at = SNAPPY_FRAME_HEAD; at < bytes.length;) {
    const from = at + 4;
    at = from + bytes.readUInt32BE(at);
    yield bytes.subarray(from, at);
  }
}

/** What a block inflates to is said at its beginning, seven bits a byte. */
function snappySize(block: Buffer): number {
  let size = 0;
  for (const [index, byte] of block.subarray(0, 5).entries()) {
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  return size;
}

/** @throws Error it may inflate to too much, or is broken */
function inflateLz4(bytes: Buffer): Buffer {
  assertBound(lz4Size(bytes));
  return decompressFrameSync(bytes);
}

/**
 * The maximum decompressed size of a frame's blocks: a frame has the size of its blocks, a byte becomes 255 at most
 * (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md).
 */
function lz4Size(bytes: Buffer): number {
  const flags = bytes.readUInt8(4);
  const blockSize = 2 ** (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7));
  const checksum = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let size = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt32LE(at) & 0x7fffffff;
    if (length === 0) break;
    size += Math.min(blockSize, length * 255);
    at += 4 + length + checksum;
  }
  return size;
}

function assertBound(size: number): void {
  if (size > INFLATED_BYTES) throw new RangeError(`it would have ${size} bytes, more than ${INFLATED_BYTES}`);
}

const { CompressionCodecs, CompressionTypes } = kafkajs;
CompressionCodecs[CompressionTypes.GZIP] = reading((bytes) => inflateGzip(bytes, bound));
CompressionCodecs[CompressionTypes.ZSTD] = reading((bytes) => inflateZstd(bytes, bound));
CompressionCodecs[CompressionTypes.Snappy] = reading(inflateSnappy);
CompressionCodecs[CompressionTypes.LZ4] = reading(inflateLz4);
