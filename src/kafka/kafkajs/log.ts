import kafkajs, { type logCreator as LogCreator } from 'kafkajs';

export interface KafkaLog {
  warn(line: string): void;
}

/** The same complaint is told once in so many ms: a broker that is away is complained of many times a second. */
const ONCE_IN_MS = 30_000;

/**
 * kafkajs's errors as warnings of ours: it goes on by itself, or what called it fails and is told of elsewhere.
 * Answers that are errors are part of its usual course.
 */
export const logCreator =
  (log: KafkaLog): LogCreator =>
  () => {
    const told = new Map<string, number>();
    return ({ level, log: { message } }) => {
      const now = Date.now();
      if (
        level > kafkajs.logLevel.ERROR ||
        message.startsWith('Response ') ||
        now - (told.get(message) ?? 0) < ONCE_IN_MS
      )
        return;
      if (told.size > 100) told.clear();
      told.set(message, now);
      log.warn(`Kafka: ${message}`);
    };
  };
