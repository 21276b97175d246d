import './patches.js';
import kafkajs, { type Kafka as Client, type KafkaConfig as ClientConfig, type SASLOptions } from 'kafkajs';
import { readFile } from 'node:fs/promises';
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
