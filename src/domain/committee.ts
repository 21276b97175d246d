import type { DomainEvent } from './decider.js';
import type { ContactRoleAssigned } from './events.js';
import { KEY_KINDS, type IdentityKey, type KeyKind } from './identity/keys.js';

/** A person with a role in an opportunity. */
export interface Contact {
  /** The first key identifies the contact while it is on the committee. */
  readonly keys: readonly IdentityKey[];
  readonly role: string;
  /** The CRM's primary contact of the opportunity. */
  readonly isPrimary?: boolean | undefined;
  /** The event that assigned the role and the keys; a recorded event has an id. */
  readonly since?: Provenance;
  /** When (in ms) the role was last reported. */
  readonly reportedAt?: number;
}

interface Provenance {
  readonly occurredAt: Date;
  readonly id?: string;
}

/** Assigns a role to a person, primary or not; `null` removes the person from the committee. */
export interface RoleChange {
  readonly keys: readonly IdentityKey[];
  readonly role: string | null;
  readonly isPrimary?: boolean | undefined;
}

/** A contact as events of the whole committee have it. */
export const seatOf = ({ keys, role, isPrimary }: Pick<Contact, 'keys' | 'role' | 'isPrimary'>) => ({
  ...{ keys, role },
  ...primary({ isPrimary }),
});

/** The opportunity that a role is in, and the time of the decision. */
interface RoleContext {
  readonly opportunityId: string;
  readonly accountId?: string | undefined;
  readonly now: Date;
  /** Records known roles again, unless they were reported at this very time: for reports that may arrive out of order. */
  readonly restate?: boolean | undefined;
}

type RoleAssigned = DomainEvent<'ContactRoleAssigned'>;

const sharesKey =
  (keys: readonly IdentityKey[]) =>
  (contact: Contact): boolean =>
    contact.keys.some((key) => keys.includes(key));
/** What is said of a contact: roles and primary contacts are replaced together. */
const isSameSeat = (a: Omit<RoleChange, 'keys'>, b: Omit<RoleChange, 'keys'>): boolean =>
  a.role === b.role && (a.isPrimary ?? false) === (b.isPrimary ?? false);
/** As events and committees have it: only where it is so. */
const primary = ({ isPrimary }: Pick<RoleChange, 'isPrimary'>): { readonly isPrimary?: true } =>
  isPrimary === true ? { isPrimary: true } : {};
const distinct = (keys: readonly IdentityKey[]): IdentityKey[] => [...new Set(keys)];

/** Applies an event to a committee. Contacts that share a key are merged. */
export function applyRole(
  committee: readonly Contact[],
  { contact, role, isPrimary, moved }: ContactRoleAssigned,
  since: Provenance,
): readonly Contact[] {
  if (moved) return committee;
  const same = committee.filter(sharesKey(contact));
  const [first] = same;
  if (role === null) return committee.filter((each) => !same.includes(each));
  const keys = distinct([...same.flatMap((each) => each.keys), ...contact]);
  const isKnown = first && isSameSeat({ role, isPrimary }, first) && first.keys.length === keys.length;
  const reportedAt = +since.occurredAt;
  const seated = isKnown
    ? { ...first, reportedAt }
    : { keys, role, ...primary({ isPrimary }), since, reportedAt };
  if (!first) return [...committee, seated];
  return committee.flatMap((each) => (each === first ? [seated] : same.includes(each) ? [] : [each]));
}

/** Replaces a committee by these contacts; those who keep their role keep their provenance. */
export function replaceCommittee(
  committee: readonly Contact[],
  contacts: readonly Contact[],
  since: Provenance,
): readonly Contact[] {
  return contacts.reduce<readonly Contact[]>((seated, { keys, role, isPrimary }) => {
    const same = [...seated, ...committee].filter(sharesKey(keys));
    const [known] = same;
    const all = known ? distinct([...same.flatMap((each) => each.keys), ...keys]) : crmFirst(keys);
    const isKnown = known && isSameSeat({ role, isPrimary }, known) && known.keys.length === all.length;
    const others = seated.filter((each) => !same.includes(each));
    const seat = { keys: all, role, ...primary({ isPrimary }), since, reportedAt: +since.occurredAt };
    return [...others, isKnown ? known : seat];
  }, []);
}

/**
 * Decides the events that assign a role to a person. Any key on the committee identifies the person; new keys are added.
 * Keys of two contacts merge the two.
 */
export function assignRole(
  { keys, role, isPrimary }: RoleChange,
  committee: readonly Contact[],
  context: RoleContext,
): RoleAssigned[] {
  const [same, ...doubles] = committee.filter(sharesKey(keys));
  if (role === null) {
    return [...(same ? [same] : []), ...doubles].map((contact) =>
      roleAssigned({ keys: contact.keys, role: null }, context),
    );
  }
  if (!same) return [roleAssigned({ keys: crmFirst(keys), role, isPrimary }, context)];
  const all = distinct([...same.keys, ...doubles.flatMap((contact) => contact.keys), ...keys]);
  const isKnown =
    doubles.length === 0 && all.length === same.keys.length && isSameSeat({ role, isPrimary }, same);
  const restate = context.restate === true && same.reportedAt !== +context.now;
  if (isKnown && !restate) return [];
  return [
    ...doubles.map((contact) => roleAssigned({ keys: contact.keys, role: null }, context)),
    roleAssigned({ keys: all, role, isPrimary }, context),
  ];
}

/**
 * Decides the events that replace a committee by these contacts. They contain only the given keys, so that they do not
 * depend on the known committee; `isMoved`: the contacts belong to another account from now on.
 */
export function assignCommittee(
  contacts: readonly Contact[],
  committee: readonly Contact[],
  place: RoleContext,
  isMoved: boolean,
): RoleAssigned[] {
  const left = committee.filter((seated) => !contacts.some(({ keys }) => sharesKey(keys)(seated)));
  const isSeated = (contact: Contact): boolean =>
    committee.some(
      (seated) => isSameSeat(seated, contact) && contact.keys.every((key) => seated.keys.includes(key)),
    );
  const given = contacts.filter((contact) => isMoved || !isSeated(contact));
  return [
    ...left.map(({ keys }) => roleAssigned({ keys, role: null }, place)),
    ...given.map(({ keys, ...seat }) => roleAssigned({ ...seat, keys: crmFirst(keys) }, place)),
  ];
}

/** Assigns every role again after the opportunity moved to another account, since its contacts belong to that account. */
export const reassignRoles = (committee: readonly Contact[], place: RoleContext): RoleAssigned[] =>
  committee.map((contact) => {
    const event = roleAssigned(contact, place);
    return { ...event, data: { ...event.data, moved: true } };
  });

/** The events that say so, whatever the committee is: with the given keys alone, and no account. */
export const roleReports = (changes: readonly RoleChange[], place: RoleContext): RoleAssigned[] =>
  changes.map(({ keys, ...seat }) => roleAssigned({ ...seat, keys: crmFirst(keys) }, place));

function roleAssigned(
  { keys: contact, role, isPrimary }: RoleChange,
  { opportunityId, accountId, now }: RoleContext,
): RoleAssigned {
  const data = {
    opportunityId,
    ...(accountId === undefined ? {} : { accountId }),
    contact,
    role,
    ...primary({ isPrimary }),
  };
  return { type: 'ContactRoleAssigned', occurredAt: now, data };
}

const RANK: Readonly<Record<KeyKind, number>> = { crm: 0, user: 1, email: 2, anonymous: 3 };
const rankOf = (key: IdentityKey): number =>
  RANK[KEY_KINDS.find((kind) => key.startsWith(`${kind}:`)) ?? 'anonymous'];

const crmFirst = (keys: readonly IdentityKey[]): IdentityKey[] =>
  distinct(keys).sort((a, b) => rankOf(a) - rankOf(b));
