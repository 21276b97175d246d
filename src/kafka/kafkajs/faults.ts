import type { KafkaConfig } from '../../kafka-config.js';
import { KafkaFault } from '../kafka.js';

/** The first cause of an error: kafkajs wraps it in one a retry. */
export function rootOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}

/** The name of a protocol error, e.g. `MESSAGE_TOO_LARGE`. */
export const typeOf = (error: unknown): string => {
  const root = rootOf(error);
  return 'type' in root && typeof root.type === 'string' ? root.type : '';
};

/** What keeps Kafka from being used, in one line that names the setting to look at; never a password. */
export function faultOf(error: unknown, config: KafkaConfig): KafkaFault {
  if (error instanceof KafkaFault) return error;
  const root = rootOf(error);
  const where = `Kafka at ${config.brokers.join(', ')}`;
  const line = CAUSES.find(([found]) => found(root))?.[1];
  return new KafkaFault(
    line ? line(where, root.message, config) : `KAFKA_BROKERS: cannot use ${where}: ${root.message}`,
    {
      cause: error,
    },
  );
}

type Message = (where: string, message: string, config: KafkaConfig) => string;

const withName =
  (...names: readonly string[]) =>
  (error: Error): boolean =>
    names.includes(error.name) ||
    names.includes(typeOf(error)) ||
    ('code' in error && names.includes(String(error.code)));
const withMessage =
  (text: RegExp) =>
  (error: Error): boolean =>
    text.test(error.message);

const CAUSES: readonly (readonly [(error: Error) => boolean, Message])[] = [
  [withName('UNSUPPORTED_SASL_MECHANISM'), (where, message) => `KAFKA_SASL: ${where}: ${message}`],
  [
    withName('KafkaJSSASLAuthenticationError', 'SASL_AUTHENTICATION_FAILED'),
    (where, _, { sasl }) =>
      `KAFKA_USERNAME, KAFKA_PASSWORD: ${where} rejects the user ${sasl?.username ?? '(none)'}`,
  ],
  [
    withName(
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_HAS_EXPIRED',
    ),
    (where, message) => `KAFKA_TLS_CA_FILE: the certificate of ${where} is not trusted: ${message}`,
  ],
  [withName('ERR_TLS_CERT_ALTNAME_INVALID'), (where, message) => `KAFKA_BROKERS: ${where}: ${message}`],
  [
    withMessage(/wrong version number|secure TLS connection|packet length too long/i),
    (where) => `KAFKA_TLS: ${where} does not use TLS on this port`,
  ],
  [
    withName('TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED'),
    (where, message) => `KAFKA_USERNAME: ${where} denies access: ${message}`,
  ],
  [
    withName(
      'KafkaJSServerDoesNotSupportApiKey',
      'KafkaJSNotImplemented',
      'KafkaJSInvariantViolation',
      'RangeError',
      'ERR_OUT_OF_RANGE',
      'UNSUPPORTED_VERSION',
    ),
    (where, message) => `KAFKA_BROKERS: ${where} is not a supported version of Kafka: ${message}`,
  ],
  [
    withMessage(/closed connection|ECONNRESET|socket hang up/i),
    (where, message, { tls, sasl }) =>
      `KAFKA_BROKERS: ${where} closes the connection (${message}); check whether it expects ${tls ? 'no TLS' : 'TLS (KAFKA_TLS)'} or ${sasl ? 'no user' : 'a user (KAFKA_SASL)'}`,
  ],
];
