import type { Recipient } from '../model/lead-management.js';

/** What recipients have received, as hand-offs in the log say. */
export interface RecipientLoads {
  /** Leads handed to the recipient and not closed yet. */
  open(recipient: string): number;
  /** When it last received a lead: a number that grows from hand-off to hand-off; undefined: never. */
  last(recipient: string): bigint | undefined;
  /** The same of the hand-offs of one rule, so that each rule has its own turn. */
  lastBy(rule: string, recipient: string): bigint | undefined;
}

/** Round robin: who has waited longest, first who never had a turn; of these the first in the list. */
export function longestAgo(
  recipients: readonly Recipient[],
  last: (recipient: Recipient) => bigint | undefined,
): Recipient | undefined {
  let [chosen, waiting] = [recipients[0], recipients[0] && (last(recipients[0]) ?? -1n)];
  for (const recipient of recipients.slice(1)) {
    const since = last(recipient) ?? -1n;
    if (waiting !== undefined && since < waiting) [chosen, waiting] = [recipient, since];
  }
  return chosen;
}

/**
 * Who has the least open leads: relative to capacity where all have one, else by number, as a number says nothing of the
 * share of somebody without a limit. Of equals, who has waited longest.
 */
export function leastLoaded(recipients: readonly Recipient[], loads: RecipientLoads): Recipient | undefined {
  const isRelative = recipients.every(({ capacity }) => capacity !== undefined);
  const load = ({ id, capacity = 1 }: Recipient): number => loads.open(id) / (isRelative ? capacity : 1);
  const least = Math.min(...recipients.map(load));
  return longestAgo(
    recipients.filter((recipient) => load(recipient) === least),
    ({ id }) => loads.last(id),
  );
}
