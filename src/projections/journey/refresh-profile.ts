import type { Position } from '../../domain/events.js';
import { namesOf } from '../../domain/lead-names.js';
import { startingAt } from '../../read-models/versioned-table.js';
import type { KeyRecord, Lead } from './records.js';
import { endProfile, reprofile } from './lead-profile.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Brings a lead's profile and the rows of its keys in line with the keys it has; a lead without keys is no more.
 * @returns whether its persona is another one now
 */
export async function refreshProfile(uow: UnitOfWork, lead: Lead, position: Position): Promise<boolean> {
  for (const record of lead.keys) version(uow, record, position);
  lead.markChanged(position);
  if (isGone(lead)) {
    endProfile(uow, lead, position);
    lead.alive = false;
    return false;
  }
  if (lead.keysLoaded)
    lead.names = namesOf(seenKeys(lead), lead.names.claimed, uow.all.domainOf(lead.workspace));
  uow.knownByDomain(lead);
  return reprofile(uow, lead, position);
}

const isGone = (lead: Lead): boolean => lead.keys.size === 0 && lead.keysLoaded;

const seenKeys = (lead: Lead) =>
  [...lead.keys].flatMap(({ anonymous, key, firstSeen }) =>
    anonymous || !firstSeen ? [] : [{ key, firstSeen }],
  );

/** Makes the key's row say which lead it means. */
export function version(uow: UnitOfWork, record: KeyRecord, position: Position): void {
  const { workspace, key, ownLeadId, lead, row } = record;
  if (!lead || row?.leadId === lead.id) return;
  const next = { workspace, key, ownLeadId, leadId: lead.id, ...startingAt(position) };
  record.row = uow.changes.identityKeys.replace(row, next, position);
}
