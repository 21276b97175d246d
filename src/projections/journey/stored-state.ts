import type { IdentityKey, Stamp } from '../../domain/identity.js';
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
  readonly runs?: readonly (readonly [key: IdentityKey, at: number, id: string])[];
}

/** `state` of touchline.lead. */
export interface StoredLeadState {
  readonly journey: JourneyState;
  readonly latest: LatestValues;
  readonly names: Names;
  readonly lastFact?: Stamp;
}
