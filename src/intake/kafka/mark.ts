import { hash } from 'node:crypto';
import type { KafkaRecord } from '../../kafka/kafka.js';

/**
 * By what a record is known again: a topic that was deleted and made anew has other records at the same offsets. Base64url,
 * 43 characters.
 */
export function markOf({ timestamp, key, value }: KafkaRecord): string {
  const head = Buffer.from(`${timestamp}/${key?.length ?? -1}/${value?.length ?? -1}/`);
  return hash('sha256', Buffer.concat([head, key ?? EMPTY, value ?? EMPTY]), 'base64url');
}

const EMPTY = Buffer.alloc(0);
