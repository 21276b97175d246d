import type { Happened } from './decider.js';
import type { ContactRoleAssigned } from './events.js';
import { KEY_KINDS, type IdentityKey, type KeyKind } from './identity/keys.js';

/** Somebody with a role in an opportunity. */
export interface Contact {
  /** The first one names the contact as long as it is on the committee. */
  readonly keys: readonly IdentityKey[];
  readonly role: string;
  /** What gave the role and the keys; a recorded event has an id. */
  readonly since?: Saying;
  /** When (in ms) the role was last said. */
  readonly saidAt?: number;
}

interface Saying {
  readonly occurredAt: Date;
  readonly id?: string;
}

/** Gives a person a role; `null` takes the person off the committee. */
export interface RoleChange {
  readonly keys: readonly IdentityKey[];
  readonly role: string | null;
}

/** The opportunity that a role is in, and the time of the decision. */
interface RoleIn {
  readonly opportunityId: string;
  readonly accountId?: string | undefined;
  readonly now: Date;
  /** Roles that are known are said again, unless they were at this very time: for what is recorded out of order. */
  readonly restate?: boolean | undefined;
}

type Assigned = Happened<'ContactRoleAssigned'>;

const sharesKey =
  (keys: readonly IdentityKey[]) =>
  (contact: Contact): boolean =>
    contact.keys.some((key) => keys.includes(key));
const distinct = (keys: readonly IdentityKey[]): IdentityKey[] => [...new Set(keys)];

/** The committee after an event. Contacts that share a key are one. */
export function seat(
  committee: readonly Contact[],
  { contact, role, moved }: ContactRoleAssigned,
  since: Saying,
): readonly Contact[] {
  if (moved) return committee;
  const same = committee.filter(sharesKey(contact));
  const [first] = same;
  if (role === null) return committee.filter((each) => !same.includes(each));
  const keys = distinct([...same.flatMap((each) => each.keys), ...contact]);
  const isKnown = first?.role === role && first.keys.length === keys.length;
  const saidAt = +since.occurredAt;
  const seated = isKnown ? { ...first, saidAt } : { keys, role, since, saidAt };
  if (!first) return [...committee, seated];
  return committee.flatMap((each) => (each === first ? [seated] : same.includes(each) ? [] : [each]));
}

/** The committee that consists of these contacts; who is on it with the same role stays as it was. */
export function seatAll(
  committee: readonly Contact[],
  contacts: readonly Contact[],
  since: Saying,
): readonly Contact[] {
  return contacts.reduce<readonly Contact[]>((seated, { keys, role }) => {
    const same = [...seated, ...committee].filter(sharesKey(keys));
    const [known] = same;
    const all = known ? distinct([...same.flatMap((each) => each.keys), ...keys]) : crmFirst(keys);
    const isKnown = known?.role === role && known.keys.length === all.length;
    const others = seated.filter((each) => !same.includes(each));
    return [...others, isKnown ? known : { keys: all, role, since, saidAt: +since.occurredAt }];
  }, []);
}

/**
 * Gives a person a role. The person may be named by any key the committee knows; keys it did not know are added. Keys
 * of two contacts show that the two are one.
 */
export function assign({ keys, role }: RoleChange, committee: readonly Contact[], place: RoleIn): Assigned[] {
  const [same, ...doubles] = committee.filter(sharesKey(keys));
  if (role === null) {
    return [...(same ? [same] : []), ...doubles].map((contact) => assigned(contact.keys, null, place));
  }
  if (!same) return [assigned(crmFirst(keys), role, place)];
  const all = distinct([...same.keys, ...doubles.flatMap((contact) => contact.keys), ...keys]);
  const isKnown = doubles.length === 0 && all.length === same.keys.length && same.role === role;
  const restate = place.restate === true && same.saidAt !== +place.now;
  if (isKnown && !restate) return [];
  return [...doubles.map((contact) => assigned(contact.keys, null, place)), assigned(all, role, place)];
}

/**
 * The changes of a committee that consists of these contacts and nobody else. They name only the keys that are given, so
 * that they do not depend on what is known of the committee; `isMoved`: they belong to another account from now on.
 */
export function assignAll(
  contacts: readonly Contact[],
  committee: readonly Contact[],
  place: RoleIn,
  isMoved: boolean,
): Assigned[] {
  const left = committee.filter((seated) => !contacts.some(({ keys }) => sharesKey(keys)(seated)));
  const isSeated = ({ keys, role }: Contact): boolean =>
    committee.some((seated) => seated.role === role && keys.every((key) => seated.keys.includes(key)));
  const given = contacts.filter((contact) => isMoved || !isSeated(contact));
  return [
    ...left.map(({ keys }) => assigned(keys, null, place)),
    ...given.map(({ keys, role }) => assigned(crmFirst(keys), role, place)),
  ];
}

/** Says every role again, for an opportunity that moved to another account: its contacts belong to that one. */
export const moved = (committee: readonly Contact[], place: RoleIn): Assigned[] =>
  committee.map(({ keys, role }) => {
    const event = assigned(keys, role, place);
    return { ...event, data: { ...event.data, moved: true } };
  });

function assigned(
  contact: readonly IdentityKey[],
  role: string | null,
  { opportunityId, accountId, now }: RoleIn,
): Assigned {
  const data = { opportunityId, ...(accountId === undefined ? {} : { accountId }), contact, role };
  return { type: 'ContactRoleAssigned', occurredAt: now, data };
}

const RANK: Readonly<Record<KeyKind, number>> = { crm: 0, user: 1, email: 2, anonymous: 3 };
const rankOf = (key: IdentityKey): number =>
  RANK[KEY_KINDS.find((kind) => key.startsWith(`${kind}:`)) ?? 'anonymous'];

const crmFirst = (keys: readonly IdentityKey[]): IdentityKey[] =>
  distinct(keys).sort((a, b) => rankOf(a) - rankOf(b));
