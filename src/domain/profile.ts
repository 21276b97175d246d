import { earlier, keyValue, seenBefore, type IdentityKey, type Stamp } from './identity.js';
import type { Fit } from './persona.js';
import type { Traits } from './touchpoint.js';

/** The latest a fact said of something, with when it said so; `null` takes it back. */
export type Said = readonly [value: unknown, at: number, id: string];

/** What facts say of a person. The latest fact wins, trait by trait, so the order of arrival does not matter. */
export interface Sayings {
  readonly traits: Readonly<Record<string, Said>>;
  /** Account that a client named (Segment `group`). */
  readonly group: Said | null;
  /** Account of an opportunity the CRM lists the person for. */
  readonly crm: Said | null;
}

export const NOTHING_SAID: Sayings = { traits: {}, group: null, crm: null };

export interface Saying extends Stamp {
  readonly traits?: Traits | undefined;
  readonly accountId?: string | undefined;
  readonly crmAccountId?: string | undefined;
}

/** Adds a fact; gives back the same object when it says nothing that is not known from a later one. */
export function hear(before: Sayings, fact: Saying): Sayings {
  const traits = Object.entries(fact.traits ?? {}).filter(([name]) => isNewer(fact, before.traits[name]));
  const group = fact.accountId !== undefined && isNewer(fact, before.group);
  const crm = fact.crmAccountId !== undefined && isNewer(fact, before.crm);
  if (traits.length === 0 && !group && !crm) return before;
  const said = (value: unknown): Said => [value, fact.at, fact.id];
  return {
    traits:
      traits.length === 0
        ? before.traits
        : { ...before.traits, ...Object.fromEntries(traits.map(([name, value]) => [name, said(value)])) },
    group: group ? said(fact.accountId) : before.group,
    crm: crm ? said(fact.crmAccountId) : before.crm,
  };
}

const isNewer = (fact: Stamp, said: Said | null | undefined): boolean =>
  !said || earlier({ at: said[1], id: said[2] }, fact);

/** The traits that stand; a trait taken back is none. */
export function traitsOf({ traits }: Sayings): Traits {
  const standing = Object.entries(traits).filter(([, [value]]) => value !== null && value !== undefined);
  return Object.fromEntries(standing.map(([name, [value]]) => [name, value]));
}

/** Who a lead is by its known keys. */
export interface Names {
  readonly email: string | null;
  /** Registrable domain of the e-mail; null for free-mail. */
  readonly emailDomain: string | null;
  readonly userId: string | null;
  /** When a known key of it was first seen, ms. */
  readonly knownAt: number | null;
}

export const NAMELESS: Names = { email: null, emailDomain: null, userId: null, knownAt: null };

/** Registrable domain of an e-mail address, undefined for free-mail and what has none. */
export type DomainOf = (email: string) => string | undefined;

/** The first seen of each kind; of the e-mails, one of a company before one of a free-mail provider. */
export function namesOf(
  known: readonly { readonly key: IdentityKey; readonly firstSeen: Stamp }[],
  domainOf: DomainOf,
): Names {
  const inOrder = known.toSorted((a, b) => (seenBefore(a, b) ? -1 : 1));
  const values = (kind: string): string[] =>
    inOrder.filter(({ key }) => key.startsWith(`${kind}:`)).map(({ key }) => keyValue(key));
  const emails = values('email');
  const email = emails.find((each) => domainOf(each) !== undefined) ?? emails[0];
  return {
    email: email ?? null,
    emailDomain: email === undefined ? null : (domainOf(email) ?? null),
    userId: values('user')[0] ?? null,
    knownAt: inOrder[0]?.firstSeen.at ?? null,
  };
}

/** Explicit group, else the CRM's account, else the observed account of the e-mail domain, else that domain. */
export function accountOf(said: Sayings, names: Names, observed: string | undefined): string | null {
  const named = (value: Said | null): string | null => (typeof value?.[0] === 'string' ? value[0] : null);
  return named(said.group) ?? named(said.crm) ?? observed ?? names.emailDomain;
}

/** One lead as everybody sees it: a row of lead_profile. */
export interface Profile extends Fit {
  readonly known: boolean;
  readonly knownAt: number | null;
  readonly email: string | null;
  readonly userId: string | null;
  readonly name: string | null;
  readonly title: string | null;
  readonly accountId: string | null;
  readonly traits: Traits;
}

/** @param observed the observed account of the e-mail domain, if there is one */
export function profileOf(
  said: Sayings,
  names: Names,
  fit: (traits: Traits) => Fit,
  observed: string | undefined,
): Profile {
  const traits = traitsOf(said);
  return {
    known: names.knownAt !== null,
    knownAt: names.knownAt,
    email: names.email,
    userId: names.userId,
    name: textOf(traits['name']) ?? fullName(traits),
    title: textOf(traits['title']),
    accountId: accountOf(said, names, observed),
    traits,
    ...fit(traits),
  };
}

function fullName(traits: Traits): string | null {
  const parts = [traits['firstName'], traits['lastName']].map(textOf).filter((part) => part !== null);
  return parts.length > 0 ? parts.join(' ') : null;
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
