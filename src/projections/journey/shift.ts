import type { IdentityKey } from '../../domain/identity.js';
import type { Fact } from './facts.js';
import type { FactRow, KeyRecord, Lead } from './records.js';

/** What a fact about identity sets in motion. */
export interface Shift {
  /** Leads some of whose facts may belong to another lead now. */
  readonly pooled: Set<Lead>;
  /** Of these the ones that lose facts, with the anonymous keys that somebody else claimed. */
  readonly losing: Map<Lead, Set<IdentityKey>>;
  /** Leads that have other keys than before, new and empty ones among them. */
  readonly changed: Set<Lead>;
  /** Anonymous keys whose claims have to be read again. */
  readonly unclear: Set<KeyRecord>;
  /** Leads some of whose keys are another lead's now: of shared anonymous keys it is open whose they were when. */
  readonly divided: Set<Lead>;
}

/** What has to be kept of a fact beside its touchpoint, so that it can be given to another lead. */
export function factRow(fact: Fact, leadId: string): FactRow | undefined {
  if (fact.decision || (fact.touch && !fact.traits && fact.accountId === undefined)) return undefined;
  const { workspace, id, at, keys, traits, accountId, crmAccountId } = fact;
  const claimRank = fact.touch ? undefined : fact.claimRank;
  return { workspace, id, at, keys, traits, accountId, crmAccountId, claimRank, leadId, stored: false };
}
