import { endedHandOffs } from '../metrics/hand-offs.js';
import { repLoads } from '../metrics/rep-load.js';
import type { View } from '../read-models.js';
import type { Window } from './history.js';
import type { CapacityItem } from './magic-number-answer.js';

/**
 * What the recipients of leads can take in the days that are left. Each place is free again once its lead has been open for as long as
 * leads are on average: Little's law (J. D. C. Little, Operations Research 9 (1961), 383–387).
 */
export async function capacityOf(
  view: View,
  { window, daysLeft, missing }: { window: Window; daysLeft: number; missing: number | null },
): Promise<CapacityItem> {
  const kinds = (await repLoads(view, view.at)).loads.filter(({ kind }) => kind !== null);
  const { meanDays } = await endedHandOffs(view, window);
  const openLeads = kinds.reduce((sum, load) => sum + load.openLeads, 0);
  const limits = kinds.flatMap(({ capacity }) => capacity ?? []);
  const isLimited = kinds.length > 0 && limits.length === kinds.length;
  const capacity = isLimited ? limits.reduce((sum, limit) => sum + limit, 0) : null;
  const free = isLimited
    ? kinds.reduce((sum, load) => sum + Math.max(0, (load.capacity ?? 0) - load.openLeads), 0)
    : null;
  const turned =
    capacity === null || meanDays === null || meanDays === 0
      ? 0
      : Math.floor((capacity * Math.max(0, daysLeft)) / meanDays);
  const canTake = free === null ? null : free + turned;
  return {
    ...{ recipients: kinds.length, capacity, openLeads, free },
    meanDays: meanDays === null ? null : Math.round(meanDays * 100) / 100,
    ...{ canTake, missing },
    isEnough: canTake === null || missing === null ? null : canTake >= missing,
  };
}
