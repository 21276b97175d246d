// What is mended of kafkajs 2.2.4, which has had no release since 2023 (docs/adr/0016). Imported for its effect.
import './replaced.js';
import kafkajs from 'kafkajs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';

const require = createRequire(import.meta.url);

/** Records of one batch inflate to no more than this, in bytes: memory stays bounded. */
const INFLATED_BYTES = 64 * 1024 * 1024;

/** kafkajs brings gzip only; Node has zstd. */
const deflate = promisify(zstdCompress);
const inflate = promisify(zstdDecompress);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { readonly buffer: Buffer }) => deflate(buffer),
  decompress: (buffer: Buffer) => inflate(buffer, { maxOutputLength: INFLATED_BYTES }),
});

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

/**
 * With every answer it sets a timer for requests that wait, at a time long past when none do; Node 24 warns of each such
 * timer. Without requests and throttling there is nothing to look after.
 */
const { prototype: queue } = require('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: RequestQueue;
};
const schedule = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};

interface Encoder {
  buf: Buffer;
  offset: number;
  ensureAvailable(bytes: number): void;
  writeUVarInt(value: number): Encoder;
  writeVarLong: (this: Encoder, value: unknown) => Encoder;
  writeVarInt(value: number): Encoder;
}
interface EncoderClass {
  readonly prototype: Encoder;
  nextPowerOfTwo(value: number): number;
  sizeOfVarInt(value: number): number;
  sizeOfVarLong(value: unknown): number;
}

/**
 * Half of the time of publishing went into zeroed buffers of 512 bytes for each header, a buffer for each number, and 64-bit
 * arithmetic for a 0. A record has some five encoders: they begin empty, and take what they need of Node's pool.
 */
const encoder = require('kafkajs/src/protocol/encoder.js') as EncoderClass;
const { prototype: encoding } = encoder;
const writeVarLong = encoding.writeVarLong;
const sizeOfVarLong = encoder.sizeOfVarLong.bind(encoder);
const isSmall = (value: unknown): value is number =>
  typeof value === 'number' && value === (value & 0x3fffffff);

encoder.nextPowerOfTwo = () => 0; // What the constructor allocates; else only ensureAvailable asked.
encoding.ensureAvailable = function (this: Encoder, bytes: number) {
  const needed = this.offset + bytes;
  if (needed <= this.buf.length) return;
  const grown = Buffer.allocUnsafe(Math.max(64, needed + (needed >> 1)));
  this.buf.copy(grown, 0, 0, this.offset);
  this.buf = grown;
};
encoding.writeUVarInt = function (this: Encoder, value: number) {
  this.ensureAvailable(5);
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) this.buf[this.offset++] = (rest & 0x7f) | 0x80;
  this.buf[this.offset++] = rest;
  return this;
};
encoding.writeVarLong = function (this: Encoder, value: unknown) {
  return isSmall(value) ? this.writeVarInt(value) : writeVarLong.call(this, value);
};
encoder.sizeOfVarLong = (value) => (isSmall(value) ? encoder.sizeOfVarInt(value) : sizeOfVarLong(value));
