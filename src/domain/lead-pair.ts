import type { Decider, Happened } from './decider.js';
import type { IdentityDecision } from './events.js';
import { pairOf, type IdentityKey } from './identity.js';
import { Refused } from './refused.js';

type Decision = Happened<'IdentitiesMerged' | 'IdentitiesSplit'>;

/** Pairs of keys, in the order of `pairOf`, that a person's decision holds together. */
export type MergedPairs = ReadonlySet<string>;

const nameOf = ({ key, otherKey }: Pick<IdentityDecision, 'key' | 'otherKey'>): string =>
  pairOf(key, otherKey).join('\0');

/** Other events of the stream say nothing of decisions. */
export const mergedPairs: Decider<MergedPairs, Decision> = {
  initial: new Set(),
  evolve: (pairs, { type, data }) => {
    const next = new Set(pairs);
    if (type === 'IdentitiesMerged') next.add(nameOf(data));
    else if ((type as string) === 'IdentitiesSplit') next.delete(nameOf(data));
    return next;
  },
};

/** A lead as the read models know it, and the known key a decision names it by; without one it is anonymous. */
export interface NamedLead {
  readonly leadId: string;
  readonly key: IdentityKey | undefined;
}

export interface DecideOnPair {
  readonly lead: NamedLead;
  readonly other: NamedLead;
  readonly reason?: string | undefined;
  readonly now: Date;
}

/**
 * Two known leads are one person. Said again it is no news.
 * @throws Refused `lead-not-known`, `same-lead`
 */
export function merge(command: DecideOnPair, pairs: MergedPairs): Decision[] {
  const data = decision(command);
  if (pairs.has(nameOf(data))) return [];
  if (data.leadId === data.otherLeadId) throw new Refused('same-lead', 'They are one lead already');
  return [{ type: 'IdentitiesMerged', occurredAt: command.now, data }];
}

/**
 * Two leads that were merged are two again.
 * @throws Refused `lead-not-known`, `not-merged`
 */
export function split(command: DecideOnPair, pairs: MergedPairs): Decision[] {
  const data = decision(command);
  if (!pairs.has(nameOf(data))) {
    throw new Refused('not-merged', 'No decision holds them together: only what was merged can be split');
  }
  return [{ type: 'IdentitiesSplit', occurredAt: command.now, data }];
}

function decision({ lead, other, reason }: DecideOnPair): IdentityDecision {
  if (lead.key === undefined || other.key === undefined) {
    throw new Refused(
      'lead-not-known',
      'An anonymous lead cannot be merged: it joins whoever identifies with it',
    );
  }
  const { leadId, key } = lead;
  return {
    leadId,
    key,
    otherLeadId: other.leadId,
    otherKey: other.key,
    ...(reason !== undefined && { reason }),
  };
}

/** The stream of decisions about a pair: that of its lesser key, whoever is named first. */
export function pairStream({ lead, other }: DecideOnPair): string {
  const key = lead.key && other.key ? pairOf(lead.key, other.key)[0] : lead.leadId;
  return `identity-${key}`;
}
