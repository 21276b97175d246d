import { isDeepStrictEqual } from 'node:util';
import type { Position } from '../../domain/events.js';
import { accountOf, profileOf, type Profile } from '../../domain/profile.js';
import { startingAt } from '../../read-models/versioned-table.js';
import type { Loading } from './loading.js';
import type { Lead } from './records.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Computes the profile again. @returns whether the persona has changed, by which the journey is read */
export function* reprofile(unit: UnitOfWork, lead: Lead, position: Position): Loading<boolean> {
  const observed = yield* unit.observedAccount(lead, position);
  explainAccount(unit, lead, observed, position);
  const before = lead.profile;
  const profile = profileOf(lead.latest, lead.names, unit.rules(lead).fit, observed);
  if (before && sameProfile(before, profile)) return false;
  const row = { workspace: lead.workspace, leadId: lead.id, ...profile, ...startingAt(position) };
  lead.alive = true;
  lead.profile = profile;
  lead.profileRow = unit.changes.profiles.replace(lead.profileRow, row, position);
  return (before?.persona ?? null) !== profile.persona;
}

/** Keeps why the lead belongs to its account. */
function explainAccount(
  unit: UnitOfWork,
  lead: Lead,
  observed: string | undefined,
  position: Position,
): void {
  const { workspace, id: leadId, accountRow: before } = lead;
  const reason = accountOf(lead.latest, lead.names, observed);
  if (
    before?.accountId === reason?.accountId &&
    before?.reason === reason?.reason &&
    before?.eventId === reason?.eventId
  )
    return;
  const row = reason && { workspace, leadId, ...reason, ...startingAt(position) };
  lead.accountRow = unit.changes.memberships.replace(before, row, position);
}

export function endProfile(unit: UnitOfWork, lead: Lead, position: Position): void {
  if (lead.accountRow) unit.changes.memberships.end(lead.accountRow, position);
  lead.accountRow = undefined;
  if (lead.profileRow) unit.changes.profiles.end(lead.profileRow, position);
  lead.profile = undefined;
  lead.profileRow = undefined;
}

function sameProfile(a: Profile, b: Profile): boolean {
  return (
    a.persona === b.persona &&
    a.grade === b.grade &&
    a.knownAt === b.knownAt &&
    a.email === b.email &&
    a.userId === b.userId &&
    a.accountId === b.accountId &&
    a.emailConsentEventId === b.emailConsentEventId &&
    isDeepStrictEqual(a.traits, b.traits)
  );
}
