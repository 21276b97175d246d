import { isAnonymous, seenBefore, type IdentityKey, type Stamp } from './keys.js';
import type { AffectedLeads } from './affected-leads.js';
import { assign, openLeads } from './claims.js';
import type { Draft } from './draft.js';
import type { DecisionStep } from './identity-index.js';
import { groupKeys, type PairFact } from './key-groups.js';
import type { KeyState } from './key-state.js';
import { leadOf } from './ownership.js';

/**
 * Resolves again which known keys are one person, for the leads of some keys, and gives every key to its lead. Facts do
 * not move here: the leads that lose some are noted as open to moves.
 */
export function* groupLeads(
  draft: Draft,
  named: readonly IdentityKey[],
  affected: AffectedLeads,
): DecisionStep<void> {
  const { known, leadIds, anonymous } = yield* connectedBy(draft, named);
  const states = known.map((key) => draft.key(key));
  const groups = groupKeys(known, states.flatMap(joinsOf), states.flatMap(splitsOf)).map((keys) =>
    groupOf(keys.map((key) => draft.key(key))),
  );
  for (const leadId of leadIds) if (isDivided(leadId, groups)) affected.divided.add(leadId);
  for (const { leadId, from } of groups) {
    const stays = from.every((source) => source === leadId) && !affected.divided.has(leadId);
    if (!stays) openLeads(draft, from, affected);
  }
  for (const group of groups) joinGroup(draft, group, affected);
  for (const key of named) {
    const { leadId } = draft.key(key);
    if (leadId !== undefined) affected.withOtherKeys.add(leadId);
  }
  for (const key of anonymous) followClaimer(draft, key);
}

interface Connected {
  readonly known: readonly IdentityKey[];
  readonly leadIds: readonly string[];
  /** Those of the leads. */
  readonly anonymous: readonly IdentityKey[];
}

/**
 * All known keys of the leads that any link leads to from these keys: the keys of a lead, and of the leads that a split
 * keeps apart from it, for their keys may have claims in common.
 */
function* connectedBy(draft: Draft, named: readonly IdentityKey[]): DecisionStep<Connected> {
  const known = new Set(named.filter((key) => !isAnonymous(key)));
  const anonymous: IdentityKey[] = [];
  const leadIds = new Set<string>();
  for (let open = [...known]; open.length > 0;) {
    const reached = new Set(open.flatMap((key) => draft.key(key).leadId ?? []));
    const others = [...reached].filter((leadId) => !leadIds.has(leadId));
    for (const leadId of others) leadIds.add(leadId);
    const keys = yield* draft.keysOf(others);
    for (const key of keys) {
      if (isAnonymous(key)) anonymous.push(key);
      else known.add(key);
    }
    const around = [...open, ...keys].filter((key) => !isAnonymous(key)).map((key) => draft.key(key));
    const decided = new Set(around.flatMap(({ decisions }) => [...decisions.keys()]));
    open = [...decided].filter((key) => !known.has(key));
    yield* draft.loadKeys(open);
    for (const key of open) known.add(key);
  }
  return { known: [...known], leadIds: [...leadIds], anonymous };
}

/** Known keys of one person, the lead that they are, and the leads that they were. */
interface Group {
  readonly keys: readonly KeyState[];
  readonly leadId: string;
  readonly from: readonly string[];
}

/** A lead goes by the key that was seen first. */
function groupOf(keys: readonly KeyState[]): Group {
  const seen = keys.flatMap(({ key, ownLeadId, firstSeen }) =>
    firstSeen ? [{ key, ownLeadId, firstSeen }] : [],
  );
  const { ownLeadId } = seen.reduce((a, b) => (seenBefore(b, a) ? b : a));
  const from = new Set(keys.flatMap(({ leadId }) => leadId ?? []));
  return { keys, leadId: ownLeadId, from: [...from] };
}

const isDivided = (leadId: string, groups: readonly Group[]): boolean =>
  groups.filter(({ from }) => from.includes(leadId)).length > 1;

function joinGroup(draft: Draft, { keys, leadId, from }: Group, affected: AffectedLeads): void {
  if (keys.some((key) => key.leadId !== leadId))
    for (const each of [leadId, ...from]) affected.withOtherKeys.add(each);
  for (const source of from) {
    const last = draft.lastFact(source);
    if (last) draft.noteLastFact(leadId, last);
  }
  for (const { key, leadId: before } of keys) if (before !== leadId) assign(draft, key, leadId, affected);
}

/** What makes the key one person with another: claims that name both, and merges. */
function joinsOf(state: KeyState): PairFact[] {
  const pair = ([key, { at, id }]: readonly [IdentityKey, Stamp]): PairFact => ({
    ...{ key, otherKey: state.key, at, id },
  });
  return [
    ...[...state.links].map(pair),
    ...[...state.publicLinks].filter(([, { joins }]) => joins).map(pair),
    ...decisionsOf(state, 'merged'),
  ];
}

const splitsOf = (state: KeyState): PairFact[] => decisionsOf(state, 'split');

/** Decisions about a pair are stored with both keys; the lesser key reports them. */
const decisionsOf = ({ key, decisions }: KeyState, wanted: 'merged' | 'split'): PairFact[] =>
  [...decisions].flatMap(([otherKey, { kind, at, id }]) =>
    kind === wanted && key < otherKey ? [{ key, otherKey, at, id }] : [],
  );

/** Anonymous keys go with the known key that claimed them last. */
function followClaimer(draft: Draft, key: IdentityKey): void {
  const { claims, leadId } = draft.key(key);
  const last = claims.at(-1);
  const owner = last && leadOf(draft, last.key);
  if (owner !== undefined && owner !== leadId) draft.move({ type: 'key-assigned', key, leadId: owner });
}
