import type { Fact } from './facts.js';
import type { FactRow, KeyRecord, Lead } from './records.js';

/** What a fact about identity sets in motion. */
export interface Shift {
  /** Leads some of whose facts may belong to another lead now. */
  readonly pooled: Set<Lead>;
  /** Leads that have other keys than before, new and empty ones among them. */
  readonly changed: Set<Lead>;
  /** Anonymous keys whose claims have to be read again. */
  readonly unclear: Set<KeyRecord>;
}

/** What has to be kept of a fact beside its touchpoint, so that it can be given to another lead. */
export function factRow(fact: Fact, leadId: string): FactRow | undefined {
  if (fact.decision || (fact.touch && !fact.traits && fact.accountId === undefined)) return undefined;
  const { workspace, id, at, keys, traits, accountId, crmAccountId } = fact;
  return { workspace, id, at, keys, traits, accountId, crmAccountId, leadId, stored: false };
}
