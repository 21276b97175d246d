import { hash } from 'node:crypto';

/**
 * The id of an event (UUIDv8): 122 bits of SHA-256 over workspace, collector, message id and part, so the same message
 * has the same id whatever else it says and whichever way it comes.
 *
 * @param part distinguishes the events of one message (a Segment `group` makes two).
 */
export function eventId(workspace: string, collector: string, messageId: string, part = ''): string {
  const digest = hash('sha256', `${workspace}\0${collector}\0${messageId}\0${part}`, 'hex');
  const variant = ((parseInt(digest.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
