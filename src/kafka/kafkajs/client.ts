import kafkajs, { type Kafka as Client, type KafkaConfig as ClientConfig, type SASLOptions } from 'kafkajs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';
import type { KafkaConfig } from '../../kafka-config.js';
import { KafkaFault } from '../kafka.js';
import { logCreator, type KafkaLog } from './log.js';

/**
 * @param log where the client's own complaints go, without repetitions
 * @throws KafkaFault the file of authorities cannot be read
 */
export async function createClient(config: KafkaConfig, log: KafkaLog): Promise<Client> {
  const { brokers, sasl } = config;
  const ssl = config.tls && (await tlsOf(config.tlsCaFile));
  const client: ClientConfig = {
    clientId: 'touchline',
    brokers: [...brokers],
    ssl,
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    retry: RETRY,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: logCreator(log),
    ...(sasl && { sasl: sasl as SASLOptions }),
  };
  return new kafkajs.Kafka(client);
}

/** Of a connection, in ms: what uses it waits longer where it must. A wrong setting should show soon. */
const RETRY = { retries: 3, initialRetryTime: 200, maxRetryTime: 1_000 };

async function tlsOf(file: string | undefined): Promise<true | { ca: string }> {
  if (file === undefined) return true;
  try {
    return { ca: await readFile(file, 'utf8') };
  } catch (error) {
    throw new KafkaFault(`KAFKA_TLS_CA_FILE: ${(error as Error).message}`, { cause: error });
  }
}

/** Records of one fetch inflate to no more than this, in bytes: memory stays bounded. */
const INFLATED_BYTES = 64 * 1024 * 1024;

/** kafkajs brings gzip only; Node has zstd. */
const deflateZstd = promisify(zstdCompress);
const inflateZstd = promisify(zstdDecompress);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { readonly buffer: Buffer }) => deflateZstd(buffer),
  decompress: (buffer: Buffer) => inflateZstd(buffer, { maxOutputLength: INFLATED_BYTES }),
});

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/**
 * With every answer kafkajs 2.2.4 sets a timer for requests that wait, at a time long past when none do; Node 24 warns of
 * each such timer. Without requests and throttling there is nothing to look after.
 */
const { prototype: queue } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: RequestQueue;
};
const schedule = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
