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
