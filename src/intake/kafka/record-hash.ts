import { hash } from 'node:crypto';
import type { KafkaRecord } from '../../kafka/kafka.js';

/** Tells a record from others at the same offset: a topic that is deleted and made again has some. Base64url, 43 characters. */
export function hashRecord({ timestamp, key, value }: KafkaRecord): string {
  const head = Buffer.from(`${timestamp}/${key?.length ?? -1}/${value?.length ?? -1}/`);
  return hash('sha256', Buffer.concat([head, key ?? EMPTY, value ?? EMPTY]), 'base64url');
}

const EMPTY = Buffer.alloc(0);
