import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { noBroker } from '../../../test/kafka.js';
import { until } from '../../../test/until.js';
import { withBroker } from '../../../test/with-broker.js';
import kafkajs from 'kafkajs';
import './codecs.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

const TOO_LARGE = /^a batch of records does not inflate: .* (larger|more) than 67108864/;
const BROKEN = /^a batch of records does not inflate: /;

interface Codec {
  readonly decompress: (bytes: Buffer) => Promise<Buffer>;
}

/** Each with what compresses for it. */
const CODECS: readonly (readonly [string, number, (bytes: Buffer) => Buffer])[] = [
  ['gzip', CompressionTypes.GZIP, gzipSync],
  ['zstd', CompressionTypes.ZSTD, zstdCompressSync],
  ['snappy', CompressionTypes.Snappy, (bytes) => compressSync(bytes)],
  ['lz4', CompressionTypes.LZ4, (bytes) => compressFrameSync(bytes)],
];

describe.each(CODECS)('%s', (_, type, compress) => {
  const codecs: Record<number, () => Codec> = CompressionCodecs;
  const decompress = (bytes: Buffer): Promise<Buffer | undefined> =>
    Promise.resolve(codecs[type]?.().decompress(bytes));

  test('decompresses data of other implementations', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 1_000 }).map((array) => Buffer.from(array)),
      fc.nat(300_000).map((length) => Buffer.alloc(length, 'touchpoint')),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (plain) => {
        expect((await decompress(compress(plain)))?.equals(plain)).toBe(true);
      }),
    );
  });

  test('decompresses at most 64 MB', async () => {
    const most = 64 * 1024 * 1024;
    expect(await decompress(compress(Buffer.alloc(most)))).toHaveLength(most);
    await expect(decompress(compress(Buffer.alloc(most + 1)))).rejects.toThrow(TOO_LARGE);
  });

  test('refuses invalid data', async () => {
    const bytes = compress(randomBytes(1_000));
    await expect(decompress(bytes.subarray(0, 500))).rejects.toThrow(BROKEN);
    await expect(decompress(bytes.subarray(0, 3))).rejects.toThrow(BROKEN);
    await expect(decompress(randomBytes(500).fill(0xff, 0, 20))).rejects.toThrow(BROKEN);
  });
});

const why = await noBroker();

(why ? describe.skip : describe)(`what a broker has compressed${why ? ` (skipped: ${why})` : ''}`, () => {
  const using = withBroker();

  test.each(CODECS)('a record batch compressed by another implementation is read: %s', async (name) => {
    const topic = `compressed-${name}`;
    await using.client.freshTopic(topic, 1, { 'compression.type': name });
    const values = Array.from({ length: 300 }, (_, index) =>
      index % 2 === 0 ? `${index} `.repeat(500) : randomBytes(700).toString('base64'),
    );
    await using.client.send(
      topic,
      values.map((value) => ({ key: 'k', value })),
    );
    const received = await using.client.collect(topic);
    expect(await until(() => received.length >= values.length, 20_000)).toBe(true);
    expect(received.map(({ value }) => String(value))).toEqual(values);
  });
});
