import type { Decider, Happened } from './decider.js';
import type { IdentityDecision } from './events.js';
import { pairOf, type IdentityKey } from './identity/keys.js';
import { Refused } from './refused.js';

type Decision = Happened<'IdentitiesMerged' | 'IdentitiesSplit'>;

export interface LastDecision {
  readonly kind: 'merged' | 'split';
  readonly at: Date;
}

/** The last decision about each pair of keys, named in the order of `pairOf`. */
export type DecidedPairs = ReadonlyMap<string, LastDecision>;

const nameOf = ({ key, otherKey }: Pick<IdentityDecision, 'key' | 'otherKey'>): string =>
  pairOf(key, otherKey).join('\0');

/** Other events of the stream say nothing of decisions. */
export const decidedPairs: Decider<DecidedPairs, Decision> = {
  initial: new Map(),
  evolve: (pairs, { type, data, occurredAt: at }) => {
    const kind = KINDS[type as string];
    return kind === undefined ? pairs : new Map(pairs).set(nameOf(data), { kind, at });
  },
};

const KINDS: Readonly<Record<string, LastDecision['kind']>> = {
  IdentitiesMerged: 'merged',
  IdentitiesSplit: 'split',
};

/** A lead as the read models know it, and the known key a decision names it by; without one it is anonymous. */
export interface NamedLead {
  readonly leadId: string;
  readonly key: IdentityKey | undefined;
}

/** What the read models know of two keys; they may not have come to the last decision yet. */
export interface KnownPair {
  readonly lead: NamedLead;
  readonly other: NamedLead;
  readonly decision: LastDecision | undefined;
  /** A claim that was refused names keys of both leads. */
  readonly isConflict: boolean;
}

export interface DecideOnPair extends KnownPair {
  readonly reason?: string | undefined;
  readonly now: Date;
}

/**
 * Two known leads are one person. Said again it is no news.
 * @throws Refused `lead-not-known`, `same-lead`
 */
export function merge(command: DecideOnPair, pairs: DecidedPairs): Decision[] {
  const data = decision(command);
  const { last, isPending, isOneLead } = standingOf(command, data, pairs);
  if (last?.kind === 'merged' && (isPending || isOneLead)) return [];
  if (isOneLead && !isPending) throw new Refused('same-lead', 'They are one lead already');
  return [{ type: 'IdentitiesMerged', occurredAt: command.now, data }];
}

/**
 * One lead is two people, whatever joined them; or two leads that a refused claim names together are not one.
 * @throws Refused `lead-not-known`, `not-merged`
 */
export function split(command: DecideOnPair, pairs: DecidedPairs): Decision[] {
  const data = decision(command);
  const { last, isPending, isOneLead } = standingOf(command, data, pairs);
  if (last?.kind === 'split' && (isPending || (!isOneLead && command.isConflict))) return [];
  if (data.key === data.otherKey || !(isOneLead || isPending || command.isConflict)) {
    throw new Refused('not-merged', 'They are two leads already, and no refused claim names them together');
  }
  return [{ type: 'IdentitiesSplit', occurredAt: command.now, data }];
}

interface Standing {
  readonly last: LastDecision | undefined;
  /** The read models have not come to the last decision. */
  readonly isPending: boolean;
  readonly isOneLead: boolean;
}

function standingOf(
  { lead, other, decision: known }: DecideOnPair,
  data: IdentityDecision,
  pairs: DecidedPairs,
): Standing {
  const last = pairs.get(nameOf(data));
  const isPending = last !== undefined && (known === undefined || known.at < last.at);
  return { last, isPending, isOneLead: lead.leadId === other.leadId };
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
