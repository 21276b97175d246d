import type { Position } from '../../domain/events.js';
import { isAnonymous } from '../../domain/identity/keys.js';
import { namesOf } from '../../domain/lead-names.js';
import { startingAt } from '../../read-models/versioned-table.js';
import type { KeyRecord, Lead } from './records.js';
import { endProfile, reprofile } from './lead-profile.js';
import type { Loading } from './loading.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Brings a lead's profile and the rows of its keys in line with the keys it has; a lead without keys is no more.
 * @returns whether its persona is another one now
 */
export function* refreshProfile(unit: UnitOfWork, lead: Lead, position: Position): Loading<boolean> {
  for (const record of lead.keys) version(unit, record, position);
  lead.markChanged(position);
  if (isGone(lead)) {
    endProfile(unit, lead, position);
    lead.alive = false;
    return false;
  }
  if (lead.keysLoaded) lead.names = namesOf(seenKeys(lead), lead.names.claimed, unit.domainOf(lead));
  unit.noteDomain(lead);
  return yield* reprofile(unit, lead, position);
}

const isGone = (lead: Lead): boolean => lead.keys.size === 0 && lead.keysLoaded;

const seenKeys = (lead: Lead) =>
  [...lead.keys].flatMap(({ state: { key, firstSeen } }) =>
    isAnonymous(key) || !firstSeen ? [] : [{ key, firstSeen }],
  );

/** Makes the key's row say which lead it means. */
export function version(unit: UnitOfWork, record: KeyRecord, position: Position): void {
  const { workspace, state, row } = record;
  const { key, ownLeadId, leadId } = state;
  if (leadId === undefined || row?.leadId === leadId) return;
  const next = { workspace, key, ownLeadId, leadId, ...startingAt(position) };
  record.row = unit.changes.identityKeys.replace(row, next, position);
}
