import type { IdentityKey } from '../../domain/identity/keys.js';
import { ownerOf } from '../../domain/identity/ownership.js';
import { PoisonedEvent, type OrderingKey } from '../../subscriptions/subscription.js';
import { appendTouchpoint, applyFact } from './apply-fact.js';
import type { BatchItem } from './batch-item.js';
import { factOf, isPersonal } from './facts.js';
import { rejudgeTouchpoint, writeJourney } from './journey-rows.js';
import { ReadFailed } from './gate.js';
import type { Loading } from './loading.js';
import { refreshProfile } from './refresh-profile.js';
import { GroupsOverlap, type UnitOfWork } from './unit-of-work.js';

/** Applies the events of a group one after the other. @throws PoisonedEvent with the one that cannot be applied */
export function* applyGroup(unit: UnitOfWork, group: readonly BatchItem[]): Loading {
  for (const item of group) {
    try {
      const { event, position, records } = item;
      if (!isPersonal(event)) yield* renameAccounts(unit, item);
      else {
        const fact = factOf(event, position, item.judgement, item.rule);
        if (!appendTouchpoint(unit, fact, records)) yield* applyFact(unit, fact, records);
      }
      if (item.rejudged.length > 0) yield* rejudge(unit, item);
    } catch (cause) {
      if (cause instanceof ReadFailed || cause instanceof GroupsOverlap) throw cause;
      throw new PoisonedEvent(item.event, orderingKeysOf(item), { cause });
    }
  }
}

/** Touchpoints are judged otherwise because of an event of the same mail or activity: their leads' journeys are as if they always had been. */
function* rejudge(unit: UnitOfWork, { workspace, position, rejudged }: BatchItem): Loading {
  for (const { id, at, keys, judgement } of rejudged) {
    const key = (each: IdentityKey) => unit.key(workspace, each).state;
    const lead = unit.lead(workspace, ownerOf({ key }, keys, at));
    yield* unit.loadJourneyOf(lead);
    rejudgeTouchpoint(unit, lead, id, judgement);
    lead.markChanged(position);
    writeJourney(unit, lead, position);
  }
}

/** An account was observed whose domain leads are known by: they belong to it from now on. */
function* renameAccounts(unit: UnitOfWork, { workspace, domains, position }: BatchItem): Loading {
  for (const domain of domains)
    for (const lead of unit.leadsOf(workspace, domain)) yield* refreshProfile(unit, lead, position);
}

/** What waits behind an event that cannot be applied: all that names its keys or their leads. */
const orderingKeysOf = ({ records }: BatchItem): OrderingKey[] => [
  ...records.map(({ key }) => key),
  ...records.flatMap(({ lead }): OrderingKey[] => (lead ? [`lead:${lead.id}`] : [])),
];
