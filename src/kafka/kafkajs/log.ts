import { LRUCache } from 'lru-cache';
import kafkajs, { type logCreator as LogCreator } from 'kafkajs';

export interface KafkaLog {
  warn(line: string): void;
}

/** The same message is logged once in so many ms: kafkajs reports a broker that is away many times a second. */
const ONCE_IN_MS = 30_000;

/**
 * Logs kafkajs's errors as warnings: it retries by itself, or its caller fails and logs that. Error responses of a broker
 * are part of its usual operation.
 */
export const logCreator =
  (log: KafkaLog): LogCreator =>
  () => {
    const logged = new LRUCache<string, true>({ max: 100, ttl: ONCE_IN_MS });
    return ({ level, log: { message } }) => {
      if (level > kafkajs.logLevel.ERROR || message.startsWith('Response ') || logged.has(message)) return;
      logged.set(message, true);
      log.warn(`Kafka: ${message}`);
    };
  };
