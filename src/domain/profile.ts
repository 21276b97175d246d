import type { ConsentReason, ConsentStatus } from './events.js';
import { earlier, type Stamp } from './identity/keys.js';
import type { Names } from './lead-names.js';
import type { Fit, FitRules } from './persona.js';
import type { Traits } from './touchpoint.js';

/** A value with the fact that set it; `null` removes it. */
export type DatedValue = readonly [value: unknown, at: number, id: string];

/** The values of a person's traits and accounts. The latest fact applies for each, so the order of arrival does not matter. */
export interface LatestValues {
  readonly traits: Readonly<Record<string, DatedValue>>;
  /** Account that a client named (Segment `group`). */
  readonly group: DatedValue | null;
  /** Account of an opportunity the CRM lists the person for. */
  readonly crm: DatedValue | null;
  /** A `Consent`. */
  readonly consent?: DatedValue;
}

/** Whether the person may be sent mail, and why. */
export interface Consent {
  readonly status: ConsentStatus;
  readonly reason: ConsentReason;
}

export const NO_VALUES: LatestValues = { traits: {}, group: null, crm: null };

export interface ProfileFact extends Stamp {
  readonly traits?: Traits | undefined;
  readonly accountId?: string | undefined;
  readonly crmAccountId?: string | undefined;
  readonly consent?: Consent | undefined;
}

/** Merges a fact. Returns the same object if later facts have set all that it sets. */
export function mergeFact(before: LatestValues, fact: ProfileFact): LatestValues {
  const traits = Object.entries(fact.traits ?? {}).filter(([name]) => isNewer(fact, before.traits[name]));
  const group = fact.accountId !== undefined && isNewer(fact, before.group);
  const crm = fact.crmAccountId !== undefined && isNewer(fact, before.crm);
  const consent = fact.consent !== undefined && isNewer(fact, before.consent);
  if (traits.length === 0 && !group && !crm && !consent) return before;
  const dated = (value: unknown): DatedValue => [value, fact.at, fact.id];
  return {
    traits:
      traits.length === 0
        ? before.traits
        : { ...before.traits, ...Object.fromEntries(traits.map(([name, value]) => [name, dated(value)])) },
    group: group ? dated(fact.accountId) : before.group,
    crm: crm ? dated(fact.crmAccountId) : before.crm,
    ...(consent ? { consent: dated(fact.consent) } : before.consent && { consent: before.consent }),
  };
}

const isNewer = (fact: Stamp, before: DatedValue | null | undefined): boolean =>
  !before || earlier({ at: before[1], id: before[2] }, fact);

/** The current traits, without those that were removed. */
export function traitsOf({ traits }: LatestValues): Traits {
  const standing = Object.entries(traits).filter(([, [value]]) => value !== null && value !== undefined);
  return Object.fromEntries(standing.map(([name, [value]]) => [name, value]));
}

/** What an account follows from, with the event that says so. */
export interface AccountReason {
  readonly accountId: string;
  readonly reason: 'group' | 'crm' | 'email_domain';
  readonly eventId: string;
}

/** Explicit group, else the CRM's account, else the observed account of the e-mail domain, else that domain. */
export function accountOf(
  latest: LatestValues,
  names: Names,
  observed: string | undefined,
): AccountReason | undefined {
  for (const reason of ['group', 'crm'] as const) {
    const [value, , eventId] = latest[reason] ?? [];
    if (typeof value === 'string' && eventId !== undefined) return { accountId: value, reason, eventId };
  }
  const accountId = observed ?? names.emailDomain;
  if (accountId === null || names.domainEventId === null) return undefined;
  return { accountId, reason: 'email_domain', eventId: names.domainEventId };
}

/** One lead as a row of lead_profile. */
export interface Profile extends Fit {
  readonly known: boolean;
  readonly knownAt: number | null;
  readonly email: string | null;
  readonly userId: string | null;
  readonly name: string | null;
  readonly title: string | null;
  readonly accountId: string | null;
  /** Null: nothing was ever said of it. */
  readonly emailConsent: ConsentStatus | null;
  readonly emailConsentReason: ConsentReason | null;
  readonly emailConsentAt: number | null;
  readonly emailConsentEventId: string | null;
  readonly traits: Traits;
}

/** @param observed the observed account of the e-mail domain, if there is one */
export function profileOf(
  latest: LatestValues,
  names: Names,
  fit: FitRules,
  observed: string | undefined,
): Profile {
  const traits = namedTraits(traitsOf(latest), names);
  return {
    known: names.knownAt !== null,
    knownAt: names.knownAt,
    email: names.email,
    userId: names.userId,
    name: textOf(traits['name']) ?? fullName(traits),
    title: textOf(traits['title']),
    accountId: accountOf(latest, names, observed)?.accountId ?? null,
    ...consentOf(latest),
    traits,
    ...fit(traits, names.email),
  };
}

function consentOf({ consent }: LatestValues) {
  const [value, emailConsentAt = null, emailConsentEventId = null] = consent ?? [];
  const { status: emailConsent = null, reason: emailConsentReason = null } = (value ??
    {}) as Partial<Consent>;
  return { emailConsent, emailConsentReason, emailConsentAt, emailConsentEventId };
}

/** The trait `email` never contradicts the address of the lead, which may be another's word. */
const namedTraits = (traits: Traits, { email }: Names): Traits =>
  traits['email'] === undefined || email === null ? traits : { ...traits, email };

function fullName(traits: Traits): string | null {
  const parts = [traits['firstName'], traits['lastName']].map(textOf).filter((part) => part !== null);
  return parts.length > 0 ? parts.join(' ') : null;
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
