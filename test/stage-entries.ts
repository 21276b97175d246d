import type { StageEntry } from '../src/domain/opportunity-history.js';
import { INITIAL_STATE, applyEvent, type Opportunity } from '../src/domain/opportunity.js';

/** Every sales stage and status that it entered and stayed in, in order; none while it is deleted. */
export function stageEntriesOf({ events, deleted }: Opportunity): StageEntry[] {
  const entries: StageEntry[] = [];
  let state = INITIAL_STATE;
  for (const event of deleted ? [] : events) {
    state = applyEvent(state, event);
    const { status, stage = null, amountMinor, currency } = state;
    if (status === 'none') continue;
    // What it entered at one instant, it left at that instant but for the last.
    if (+(entries.at(-1)?.event.occurredAt ?? NaN) === +event.occurredAt) entries.pop();
    const last = entries.at(-1);
    if (last?.stage === stage && last.status === status) continue;
    entries.push({ event, stage, status, amountMinor, currency });
  }
  return entries;
}
