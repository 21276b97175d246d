import type { HandOffTurnover } from '../metrics/hand-offs.js';
import type { View } from '../read-models.js';
import type { CapacityItem } from './magic-number-answer.js';

/**
 * What the recipients of leads can take in the days that are left. Each place is free again once its lead has been open for as long as
 * leads are on average: Little's law (J. D. C. Little, Operations Research 9 (1961), 383–387).
 */
export function capacityOf(
  view: View,
  { open, ended, meanDays }: HandOffTurnover,
  { daysLeft, missing }: { daysLeft: number; missing: number | null },
): CapacityItem {
  const recipients = view.model?.data.document.routing?.recipients ?? [];
  const openLeads = recipients.reduce((sum, { id }) => sum + (open[id] ?? 0), 0);
  const limits = recipients.flatMap(({ capacity }) => capacity ?? []);
  const isLimited = recipients.length > 0 && limits.length === recipients.length;
  const capacity = isLimited ? limits.reduce((sum, limit) => sum + limit, 0) : null;
  const free = isLimited
    ? recipients.reduce((sum, { id, capacity: most = 0 }) => sum + Math.max(0, most - (open[id] ?? 0)), 0)
    : null;
  const turned =
    capacity === null || meanDays === null || meanDays === 0
      ? 0
      : Math.floor((capacity * Math.max(0, daysLeft)) / meanDays);
  const canTake = free === null ? null : free + turned;
  return {
    ...{ recipients: recipients.length, capacity, openLeads, free },
    ...{ ended, meanDays: meanDays === null ? null : Math.round(meanDays * 100) / 100 },
    ...{ canTake, missing },
    isEnough: canTake === null || missing === null ? null : canTake >= missing,
  };
}
