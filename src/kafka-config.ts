import type { AddFault, ReadSetting } from './config-reader.js';

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export interface KafkaSasl {
  readonly mechanism: (typeof SASL_MECHANISMS)[number];
  readonly username: string;
  readonly password: string;
}

/** How Kafka is reached, and what of it is used. */
export interface KafkaConfig {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  /** Path of a PEM file with the authorities to trust; undefined: those of Node. */
  readonly tlsCaFile: string | undefined;
  readonly sasl: KafkaSasl | undefined;
  /** Consumer group of the collectors. */
  readonly group: string;
  /** The key that opens a workspace for records that carry none. */
  readonly writeKey: string | undefined;
  /** Whether topics that are missing are made, with so many partitions and copies (-1: as the broker has it). */
  readonly createTopics: boolean;
  readonly partitions: number;
  readonly replication: number;
}

const BROKER = /^[^\s:/]+:\d{1,5}$|^\[[0-9a-f:.]+\]:\d{1,5}$/i;

/** @returns undefined when KAFKA_BROKERS is not set; other settings of Kafka are refused then */
export function kafkaConfig(read: ReadSetting, fault: AddFault): KafkaConfig | undefined {
  const given = read('KAFKA_BROKERS');
  if (given === undefined) {
    for (const name of OTHERS)
      if (read(name) !== undefined) fault(`${name}: has no effect without KAFKA_BROKERS`);
    return undefined;
  }
  const tls = flag('KAFKA_TLS', read, false, fault);
  const tlsCaFile = read('KAFKA_TLS_CA_FILE');
  if (tlsCaFile !== undefined && !tls) fault('KAFKA_TLS_CA_FILE: has no effect without KAFKA_TLS=true');
  return {
    brokers: brokers(given, fault),
    tls,
    tlsCaFile,
    sasl: sasl(read, fault),
    group: read('KAFKA_GROUP') ?? 'touchline',
    writeKey: read('KAFKA_WRITE_KEY'),
    createTopics: flag('KAFKA_CREATE_TOPICS', read, true, fault),
    partitions: count('KAFKA_PARTITIONS', read, 12, fault),
    replication: count('KAFKA_REPLICATION', read, -1, fault),
  };
}

const OTHERS = [
  ...['KAFKA_TLS', 'KAFKA_TLS_CA_FILE', 'KAFKA_SASL', 'KAFKA_USERNAME', 'KAFKA_PASSWORD', 'KAFKA_GROUP'],
  ...['KAFKA_WRITE_KEY', 'KAFKA_CREATE_TOPICS', 'KAFKA_PARTITIONS', 'KAFKA_REPLICATION'],
];

function brokers(value: string, fault: AddFault): readonly string[] {
  const named = value.split(',').flatMap((name) => name.trim() || []);
  const wrong = named.filter((name) => !BROKER.test(name));
  if (wrong.length > 0 || named.length === 0)
    fault(`KAFKA_BROKERS: "${wrong[0] ?? value}" is not a broker; use host:port, separated by commas`);
  return named;
}

function sasl(read: ReadSetting, fault: AddFault): KafkaSasl | undefined {
  const [named, username, password] = [read('KAFKA_SASL'), read('KAFKA_USERNAME'), read('KAFKA_PASSWORD')];
  if (named === undefined) {
    if (username ?? password)
      fault(`KAFKA_SASL: is required with a user name; use ${SASL_MECHANISMS.join(' or ')}`);
    return undefined;
  }
  const mechanism = SASL_MECHANISMS.find((known) => known === named);
  if (mechanism === undefined)
    fault(`KAFKA_SASL: "${named}" is unknown; use ${SASL_MECHANISMS.join(' or ')}`);
  if (username === undefined) fault('KAFKA_USERNAME: is required with KAFKA_SASL');
  if (password === undefined) fault('KAFKA_PASSWORD: is required with KAFKA_SASL');
  return { mechanism: mechanism ?? 'plain', username: username ?? '', password: password ?? '' };
}

function flag(name: string, read: ReadSetting, fallback: boolean, fault: AddFault): boolean {
  const value = read(name) ?? String(fallback);
  if (value !== 'true' && value !== 'false') fault(`${name}: "${value}" must be true or false`);
  return value === 'true';
}

function count(name: string, read: ReadSetting, fallback: number, fault: AddFault): number {
  const value = read(name);
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    fault(`${name}: "${value}" is invalid; use a whole number from 1 to 10000`);
  return number;
}
