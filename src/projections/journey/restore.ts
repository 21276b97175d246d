import { accountOf, profileOf } from '../../domain/profile.js';
import { decodeKeyState } from './stored-state.js';
import { standing } from '../../read-models/versioned-table.js';
import type { KeyRecord, Lead } from './records.js';
import type { StoredKey, StoredLead } from './rows.js';

/** Takes the stored state of a lead into work. Its keys, journey and facts are read when they are needed. */
export function restoreLead(lead: Lead, stored: StoredLead): void {
  const { state } = stored;
  lead.alive = lead.stored = true;
  lead.keysLoaded = lead.factsLoaded = false;
  lead.journey.restore(state.journey);
  lead.latest = state.latest;
  lead.names = state.names;
  lead.lastFact = state.lastFact;
  const fit = { persona: stored.persona, grade: stored.grade };
  lead.profile = {
    ...profileOf(state.latest, state.names, () => fit, undefined),
    accountId: stored.accountId,
  };
  const { workspace, id: leadId } = lead;
  lead.profileRow = { workspace, leadId, ...lead.profile, ...standing() };
  const reason = accountOf(state.latest, state.names, stored.accountId ?? undefined);
  lead.accountRow = reason && { ...reason, workspace, leadId, ...standing() };
}

/** Takes the stored state of a key into work. */
export function restoreKey(record: KeyRecord, stored: StoredKey, lead: Lead): void {
  record.read = true;
  record.stored = true;
  record.state = decodeKeyState(stored, record.state.ownLeadId);
  record.joinLead(lead);
  record.row = {
    workspace: record.workspace,
    key: record.key,
    ownLeadId: record.state.ownLeadId,
    leadId: stored.leadId,
    ...standing(),
  };
}
