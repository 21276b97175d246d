import { expect } from '@jest/globals';
import type { SalesLog } from './hand-offs.js';

/**
 * Goes through a log in which leads qualify, are handed off and recycled: once a cycle, never over the capacity of a recipient,
 * and none waits while somebody has room.
 *
 * @param rooms capacities of the recipients `r0`, `r1` …
 * @returns the number of hand-offs
 */
export async function checkHandOffs({ store }: SalesLog, rooms: readonly number[]): Promise<number> {
  const open = new Map<string, string>();
  const waiting = new Set<string>();
  const cycles = new Set<string>();
  for (const event of await store.readAll(0n, 100_000)) {
    if (event.type === 'LeadQualified') waiting.add(event.data.leadId);
    if (event.type === 'LeadRecycled') {
      open.delete(event.data.leadId);
      waiting.delete(event.data.leadId);
    }
    if (event.type !== 'LeadHandedOff') continue;
    const { leadId, cycle, recipient } = event.data;
    expect(cycles.has(`${leadId} ${cycle}`)).toBe(false);
    cycles.add(`${leadId} ${cycle}`);
    waiting.delete(leadId);
    open.set(leadId, recipient.id);
    const count = [...open.values()].filter((id) => id === recipient.id).length;
    expect(count).toBeLessThanOrEqual(rooms[Number(recipient.id.slice(1))] ?? 0);
  }
  const room = rooms.reduce((sum, each) => sum + each, 0);
  if (waiting.size > 0) expect(open.size).toBe(room);
  return cycles.size;
}
