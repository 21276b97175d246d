import type { IdentityKey, Stamp } from '../../domain/identity/keys.js';
import { unseenKey, type KeyState } from '../../domain/identity/key-state.js';
import type { PersistentMap } from '../../domain/identity/persistent-map.js';
import type { JourneyState } from '../../domain/journey.js';
import type { Names } from '../../domain/lead-names.js';
import type { LatestValues } from '../../domain/profile.js';

/** `state` of touchline.identity_state. */
export interface StoredKeyState {
  readonly links?: Readonly<Record<string, readonly [at: number, id: string]>>;
  readonly publicLinks?: Readonly<
    Record<string, readonly [at: number, id: string, joins: boolean, ...others: IdentityKey[]]>
  >;
  readonly publicOthers?: readonly IdentityKey[];
  readonly decisions?: Readonly<Record<string, readonly [kind: 'merged' | 'split', at: number, id: string]>>;
  /** The claims. */
  readonly runs?: readonly (readonly [key: IdentityKey, at: number, id: string])[];
}

/** `state` of touchline.lead. */
export interface StoredLeadState {
  readonly journey: JourneyState;
  readonly latest: LatestValues;
  readonly names: Names;
  readonly lastFact?: Stamp;
}

/** The columns beside `state` that a key's state is read from. */
interface StoredKeyColumns {
  readonly key: IdentityKey;
  readonly leadId: string;
  readonly firstSeenAt: number;
  readonly firstSeenId: string;
  readonly state: StoredKeyState;
}

export function decodeKeyState(stored: StoredKeyColumns, ownLeadId: string): KeyState {
  const { links, publicLinks, publicOthers, decisions, runs } = stored.state;
  return {
    ...unseenKey(stored.key, ownLeadId),
    leadId: stored.leadId,
    firstSeen: { at: stored.firstSeenAt, id: stored.firstSeenId },
    ...(links && { links: mapOf(links, ([at, id]) => ({ at, id })) }),
    ...(publicLinks && {
      publicLinks: mapOf(publicLinks, ([at, id, joins, ...others]) => ({ at, id, joins, others })),
    }),
    ...(publicOthers && { publicOthers: new Map(publicOthers.map((key) => [key, true])) }),
    ...(decisions && { decisions: mapOf(decisions, ([kind, at, id]) => ({ kind, at, id })) }),
    ...(runs && { claims: runs.map(([key, at, id]) => ({ key, at, id })) }),
  };
}

export const encodeKeyState = ({
  links,
  publicLinks,
  publicOthers,
  decisions,
  claims,
}: KeyState): StoredKeyState => ({
  ...(links.size > 0 && { links: recordOf(links, ({ at, id }) => [at, id] as const) }),
  ...(publicLinks.size > 0 && {
    publicLinks: recordOf(publicLinks, ({ at, id, joins, others }) => [at, id, joins, ...others] as const),
  }),
  ...(publicOthers.size > 0 && { publicOthers: [...publicOthers.keys()] }),
  ...(decisions.size > 0 && {
    decisions: recordOf(decisions, ({ kind, at, id }) => [kind, at, id] as const),
  }),
  ...(claims.length > 0 && { runs: claims.map(({ key, at, id }) => [key, at, id] as const) }),
});

const mapOf = <S, V>(record: Readonly<Record<string, S>>, decode: (stored: S) => V): Map<IdentityKey, V> =>
  new Map(Object.entries(record).map(([key, stored]) => [key as IdentityKey, decode(stored)]));

const recordOf = <V, S>(map: PersistentMap<IdentityKey, V>, encode: (value: V) => S): Record<string, S> =>
  Object.fromEntries([...map].map(([key, value]) => [key, encode(value)]));
