import type { Happened } from './decider.js';
import type { ContactRoleAssigned } from './events.js';
import { KEY_KINDS, type IdentityKey, type KeyKind } from './identity.js';

/** Somebody with a role in a deal. */
export interface Contact {
  /** The first one names the contact as long as it is on the committee. */
  readonly keys: readonly IdentityKey[];
  readonly role: string;
}

/** Gives a person a role; `null` takes the person off the committee. */
export interface RoleChange {
  readonly keys: readonly IdentityKey[];
  readonly role: string | null;
}

/** The deal that a role is in, and the time of the decision. */
export interface Deal {
  readonly opportunityId: string;
  readonly accountId?: string | undefined;
  readonly now: Date;
}

type Assigned = Happened<'ContactRoleAssigned'>;

/** The committee after an event. */
export function seat(
  committee: readonly Contact[],
  { contact, role }: ContactRoleAssigned,
): readonly Contact[] {
  const isIt = ({ keys }: Contact): boolean => keys[0] === contact[0];
  if (role === null) return committee.filter((each) => !isIt(each));
  const seated = { keys: contact, role };
  return committee.some(isIt)
    ? committee.map((each) => (isIt(each) ? seated : each))
    : [...committee, seated];
}

/**
 * Gives a person a role. The person may be named by any key the committee knows; keys it did not know are added. Keys
 * of two contacts show that the two are one.
 */
export function assign({ keys, role }: RoleChange, committee: readonly Contact[], deal: Deal): Assigned[] {
  const [same, ...doubles] = committee.filter((contact) => contact.keys.some((key) => keys.includes(key)));
  if (role === null) {
    return [...(same ? [same] : []), ...doubles].map((contact) => assigned(contact.keys, null, deal));
  }
  if (!same) return [assigned(crmFirst(keys), role, deal)];
  const all = [...new Set([...same.keys, ...doubles.flatMap((contact) => contact.keys), ...keys])];
  if (doubles.length === 0 && all.length === same.keys.length && same.role === role) return [];
  return [...doubles.map((contact) => assigned(contact.keys, null, deal)), assigned(all, role, deal)];
}

/** Says every role again, for a deal that moved to another account: a contact belongs to the account of its deal. */
export const moved = (committee: readonly Contact[], deal: Deal): Assigned[] =>
  committee.map(({ keys, role }) => assigned(keys, role, deal));

function assigned(
  contact: readonly IdentityKey[],
  role: string | null,
  { opportunityId, accountId, now }: Deal,
): Assigned {
  const data = { opportunityId, ...(accountId === undefined ? {} : { accountId }), contact, role };
  return { type: 'ContactRoleAssigned', occurredAt: now, data };
}

const RANK: Readonly<Record<KeyKind, number>> = { crm: 0, user: 1, email: 2, anonymous: 3 };
const rankOf = (key: IdentityKey): number =>
  RANK[KEY_KINDS.find((kind) => key.startsWith(`${kind}:`)) ?? 'anonymous'];

const crmFirst = (keys: readonly IdentityKey[]): IdentityKey[] =>
  [...new Set(keys)].sort((a, b) => rankOf(a) - rankOf(b));
