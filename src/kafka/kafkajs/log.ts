import { LRUCache } from 'lru-cache';
import kafkajs, { type logCreator as LogCreator } from 'kafkajs';

export interface KafkaLog {
  warn(line: string): void;
}

/** Each message is logged at most once in this interval (ms): kafkajs reports an unavailable broker many times a second. */
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
