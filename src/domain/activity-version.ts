import { isEvent, type RecordedEvent } from './events.js';
import { earlier, type IdentityKey, type Stamp } from './identity/keys.js';
import type { Judgement } from './verdict/judgement.js';

/** Versions of an activity go by the time at which it was so, never by arrival. At the same time what ends it goes last. */
interface Rank {
  /** ms. */
  readonly at: number;
  /** It did not take place. */
  readonly isEnd: boolean;
}

/** From which version on versions of an activity count at all; plain JSON. */
export type LatestVersion = Rank;

export const NO_VERSION: LatestVersion = { at: -Infinity, isEnd: false };

/** The latest version of an activity as far as one contact is concerned; plain JSON. */
export interface ContactVersion extends Rank {
  /** Its event. */
  readonly id: string;
  readonly touch?: { readonly at: number; readonly keys: readonly IdentityKey[] };
}

/** What one event says of an activity. */
export interface ActivityVersion extends ContactVersion {
  readonly collector: string;
  readonly activityId: string;
  /** Undefined: all of them. */
  readonly contact: IdentityKey | undefined;
  /** It says nothing of other contacts. */
  readonly isOfContact: boolean;
}

/** Of a touchpoint that is not, or no longer, in the latest version. It stays so whatever else arrives. */
export const SUPERSEDED: Judgement = { verdict: 'superseded', reasons: ['later-version'] };

/** Undefined: it is about no activity that may be reported again. */
export function activityVersionOf(event: RecordedEvent): ActivityVersion | undefined {
  if (!isEvent(event, 'TouchpointRecorded', 'TouchpointWithdrawn')) return undefined;
  const { id, occurredAt, collector = '', data } = event;
  const { revises, identity: keys = [] } = data;
  if (!revises) return undefined;
  const isEnd = event.type === 'TouchpointWithdrawn';
  const isOfContact = revises.scope === 'contact';
  const time = revises.at === undefined ? NaN : Date.parse(revises.at);
  return {
    ...{ id, collector, isEnd, isOfContact, activityId: revises.id },
    at: Number.isNaN(time) ? +occurredAt : time,
    contact: isEnd && !isOfContact ? undefined : contactAmong(keys),
    ...(!isEnd && { touch: { at: +occurredAt, keys } }),
  };
}

/** A contact may be named with an address at one time and without at another. */
const contactAmong = (keys: readonly IdentityKey[]): IdentityKey | undefined =>
  keys.find((key) => key.startsWith('crm:')) ?? keys[0];

/** Whether a version of the whole activity, with all its contacts, is a later one than those known. */
export const isLatest = (version: ActivityVersion, latest: LatestVersion): boolean =>
  !version.isOfContact && isBefore(latest, version);

/** Whether it is too early a version for any contact. At the time of the latest one several messages may have a contact each. */
export const isBefore = (version: Rank, latest: LatestVersion): boolean =>
  version.at < latest.at || (version.at === latest.at && !version.isEnd && latest.isEnd);

/** Whether of two versions about one contact the second counts. */
export const isReplaced = (one: ContactVersion, other: ContactVersion): boolean =>
  isBefore(one, other) || (!isBefore(other, one) && earlier(stampOf(one), stampOf(other)));

const stampOf = ({ at, id }: ContactVersion): Stamp => ({ at, id });
