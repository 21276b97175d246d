import { addNameClaim, type ClaimedNames, type NameClaim } from '../../domain/lead-names.js';
import { mergeFact, NO_VALUES } from '../../domain/profile.js';
import { touchRank, type Fact } from './facts.js';
import type { JourneyEntry } from './lead-journey.js';
import type { FactRow, Lead } from './records.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Facts of one lead: its touchpoints, and what has to be kept beside them. */
export interface LeadFacts {
  readonly entries: readonly JourneyEntry[];
  readonly facts: readonly FactRow[];
}

/** What has to be kept of a fact beside its touchpoint, so that it can be given to another lead. */
export function factRow(fact: Fact, leadId: string): FactRow | undefined {
  if (fact.decision || (fact.touch && !fact.traits && fact.accountId === undefined)) return undefined;
  const { workspace, id, at, keys, traits, accountId, crmAccountId, consent } = fact;
  const claimRank = fact.touch ? undefined : fact.claimRank;
  return {
    workspace,
    id,
    at,
    keys,
    traits,
    accountId,
    crmAccountId,
    consent,
    claimRank,
    leadId,
    stored: false,
  };
}

/** Derives traits, claimed names and the last fact of a lead again, from all of its facts. */
export function deriveFrom(unit: UnitOfWork, lead: Lead, { entries, facts }: LeadFacts): void {
  lead.facts = [...facts];
  lead.latest = facts.reduce(mergeFact, NO_VALUES);
  lead.names = { ...lead.names, claimed: claimedBy(unit, lead, { entries, facts }) };
  lead.lastFact = undefined;
  for (const { fact } of entries) lead.noteFact(fact.touch);
  for (const row of facts) lead.noteFact(row);
}

/** The names that facts of a lead claim. */
export function claimedBy(unit: UnitOfWork, lead: Lead, { entries, facts }: LeadFacts): ClaimedNames {
  const claims = [
    ...entries.map(({ fact: { touch, identity, keyScope } }) => ({
      ...{ at: touch.at, id: touch.id, keys: identity, rank: touchRank(identity, keyScope) },
    })),
    ...facts.map(({ at, id, keys, claimRank }) => ({ at, id, keys, rank: claimRank })),
  ].filter((claim): claim is NameClaim => claim.rank !== undefined);
  const domainOf = unit.domainOf(lead);
  const own = new Set(Array.from(lead.keys, ({ key }) => key));
  return claims.reduce<ClaimedNames>(
    (names, claim) => addNameClaim(names, claim, (key) => own.has(key), domainOf),
    {},
  );
}
