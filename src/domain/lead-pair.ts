import type { Decider, DomainEvent } from './decider.js';
import type { IdentityDecision } from './events.js';
import { pairOf, type IdentityKey } from './identity/keys.js';
import { Refused } from './refused.js';

type Decision = DomainEvent<'IdentitiesMerged' | 'IdentitiesSplit'>;

export interface LastDecision {
  readonly kind: 'merged' | 'split';
  readonly at: Date;
}

/** The last decision about each pair of keys, named in the order of `pairOf`. */
export type DecidedPairs = ReadonlyMap<string, LastDecision>;

const nameOf = ({ key, otherKey }: Pick<IdentityDecision, 'key' | 'otherKey'>): string =>
  pairOf(key, otherKey).join('\0');

/** Ignores events of the stream that are not decisions. */
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

/** A lead in the read models, and the known key that a decision refers to; without one it is anonymous. */
export interface NamedLead {
  readonly leadId: string;
  readonly key: IdentityKey | undefined;
}

/** The state of two keys in the read models, which may not have applied the last decision yet. */
export interface KnownPair {
  readonly lead: NamedLead;
  readonly other: NamedLead;
  readonly decision: LastDecision | undefined;
  /** A refused claim has keys of both leads. */
  readonly isConflict: boolean;
}

export interface DecideOnPair extends KnownPair {
  readonly reason?: string | undefined;
  readonly now: Date;
}

/**
 * Decides that two known leads are one person; idempotent.
 * @throws Refused `lead-not-known`, `same-lead`
 */
export function merge(command: DecideOnPair, pairs: DecidedPairs): Decision[] {
  const data = decision(command);
  const { last, isPending, isOneLead } = pairStateOf(command, data, pairs);
  if (last?.kind === 'merged' && (isPending || isOneLead)) return [];
  if (isOneLead && !isPending) throw new Refused('same-lead', 'Both ids already belong to one lead');
  return [{ type: 'IdentitiesMerged', occurredAt: command.now, data }];
}

/**
 * Decides that one lead is two people, whatever joined them, or that two leads of a refused claim are not one.
 * @throws Refused `lead-not-known`, `not-merged`
 */
export function split(command: DecideOnPair, pairs: DecidedPairs): Decision[] {
  const data = decision(command);
  const { last, isPending, isOneLead } = pairStateOf(command, data, pairs);
  if (last?.kind === 'split' && (isPending || (!isOneLead && command.isConflict))) return [];
  if (data.key === data.otherKey || !(isOneLead || isPending || command.isConflict)) {
    throw new Refused('not-merged', 'They already are two leads, and there is no open conflict between them');
  }
  return [{ type: 'IdentitiesSplit', occurredAt: command.now, data }];
}

interface PairState {
  readonly last: LastDecision | undefined;
  /** The read models have not applied the last decision. */
  readonly isPending: boolean;
  readonly isOneLead: boolean;
}

function pairStateOf(
  { lead, other, decision: known }: DecideOnPair,
  data: IdentityDecision,
  pairs: DecidedPairs,
): PairState {
  const last = pairs.get(nameOf(data));
  const isPending = last !== undefined && (known === undefined || known.at < last.at);
  return { last, isPending, isOneLead: lead.leadId === other.leadId };
}

function decision({ lead, other, reason }: DecideOnPair): IdentityDecision {
  if (lead.key === undefined || other.key === undefined) {
    throw new Refused(
      'lead-not-known',
      'An anonymous lead cannot be merged or split; it joins the lead that identifies with its anonymous id',
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
