import { hash } from 'node:crypto';

/**
 * The id of an event (UUIDv8): the client's own timestamp in the high 48 bits, so that the uniqueness index stays
 * local, and 74 bits of SHA-256 over (workspace, collector, message id, part) below. A message without a time of its
 * own gets hash bits instead: its id must not depend on when it arrived.
 *
 * @param part tells apart the events of one message (a Segment `group` makes two).
 */
export function eventId(
  workspace: string,
  collector: string,
  messageId: string,
  original?: Date,
  part = '',
): string {
  const digest = hash('sha256', `${workspace}\0${collector}\0${messageId}\0${part}`, 'hex');
  const stamp = original ? (+original).toString(16).padStart(12, '0') : digest.slice(20, 32);
  const variant = ((parseInt(digest.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return `${stamp.slice(0, 8)}-${stamp.slice(8, 12)}-8${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}
