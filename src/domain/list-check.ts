import { emailKinds, type EmailKind, type LeadAddress } from './email-kinds.js';
import { keyValue, type IdentityKey } from './identity/keys.js';
import { readinessRules } from './lead-definition.js';
import { leadLifecycle } from './lead-lifecycle.js';
import { EXCLUSIONS } from './lead-obstacles.js';
import type { LeadSnapshot } from './lead-snapshot.js';
import type { JourneyModel } from './model/journey-model.js';
import { PeopleInList } from './people-in-list.js';
import { fitRules } from './persona.js';
import type { Traits } from './touchpoint.js';

/** What is found in rows of a list of people. Those of EXCLUSIONS keep a person from sales. */
export const FINDINGS = [
  'rejected',
  'invalid-address',
  'duplicate-address',
  'duplicate-crm-id',
  'duplicate-user-id',
  'joins-leads',
  'role-address',
  'free-mail',
  'disposable-address',
  'opted-out-in-list',
  ...EXCLUSIONS,
] as const;
export type FindingCode = (typeof FINDINGS)[number];

export interface Finding {
  readonly code: FindingCode;
  /** In plain words. */
  readonly text: string;
}

/** A row that names a person. */
export interface ListedPerson {
  /** Where it stands, such as `list.csv:12`. */
  readonly place: string;
  readonly keys: readonly IdentityKey[];
  readonly traits: Traits;
  /** The row says so. */
  readonly isOptedOut: boolean;
  /** The row has an address that is none. */
  readonly hasInvalidAddress: boolean;
}

/** A lead that a key of a row belongs to. */
export interface KnownPerson {
  readonly leadId: string;
  readonly traits: Traits;
  readonly account: LeadSnapshot['account'];
  /** ms */
  readonly optedOutAt: number | null;
  /** Of the address of the row: when mail to it bounced for good (ms). */
  readonly bouncedAt: number | null;
}

export interface CheckedRow {
  /** The leads that it belongs to; none: the person is new. */
  readonly leadIds: readonly string[];
  readonly findings: readonly Finding[];
}

export interface ListCheckOptions {
  readonly model: JourneyModel;
  readonly addressOf: (email: string, bouncedAt: number | null) => LeadAddress;
  /** The company of an address; undefined: that of a mail provider. */
  readonly companyOf: (email: string) => string | undefined;
  /** The instant (ms) at which conditions are taken. */
  readonly now: number;
}

const DUPLICATES = [
  ['email:', 'duplicate-address', 'the same address'],
  ['crm:', 'duplicate-crm-id', 'the same CRM id'],
  ['user:', 'duplicate-user-id', 'the same user id'],
] as const;

const KINDS: Readonly<Record<Exclude<EmailKind, 'bounced'>, Finding>> = {
  role: { code: 'role-address', text: 'is the address of a role' },
  free_mail: { code: 'free-mail', text: 'is an address at a free mail provider' },
  disposable: { code: 'disposable-address', text: 'is a throw-away address' },
};

/** Finds what is wrong with the rows of a list of people, in their order. Its memory grows with the keys that they name. */
export class ListCheck {
  readonly people = new PeopleInList();
  readonly #kindsOf;
  readonly #rules;
  readonly #fit;

  constructor(private readonly options: ListCheckOptions) {
    const { model } = options;
    this.#kindsOf = emailKinds(model.mailProviders);
    this.#rules = readinessRules(model);
    this.#fit = fitRules(model);
  }

  check(row: ListedPerson, known: readonly KnownPerson[]): CheckedRow {
    const leadIds = [...new Set(known.map(({ leadId }) => leadId))];
    const duplicates = this.people.add(row, leadIds);
    const email = emailOf(row);
    const bouncedAt = known.find((each) => each.bouncedAt !== null)?.bouncedAt ?? null;
    const address = email === undefined ? null : this.options.addressOf(email, bouncedAt);
    return {
      leadIds,
      findings: [
        ...(row.hasInvalidAddress
          ? [{ code: 'invalid-address', text: 'is no e-mail address' } as const]
          : []),
        ...duplicates.flatMap(([key, place]) => duplicateOf(key, place)),
        ...(leadIds.length > 1
          ? [{ code: 'joins-leads', text: `makes ${leadIds.length} known leads one` } as const]
          : []),
        ...this.#kindsOf(address).flatMap((kind) => (kind === 'bounced' ? [] : [KINDS[kind]])),
        ...(row.isOptedOut
          ? [{ code: 'opted-out-in-list', text: 'opted out, as the list says' } as const]
          : []),
        ...this.#exclusionsOf(row, known, address),
      ],
    };
  }

  #exclusionsOf(
    row: ListedPerson,
    known: readonly KnownPerson[],
    address: LeadAddress | null,
  ): readonly Finding[] {
    const traits = { ...Object.assign({}, ...known.map((each) => each.traits)), ...row.traits } as Traits;
    const company = address ? this.options.companyOf(address.email) : undefined;
    const account = company === undefined ? null : { id: company, domain: company };
    const { persona, grade } = this.#fit(traits, address?.email ?? null);
    return this.#rules.exclusions(
      {
        ...{ leadId: '', known: true, persona, grade, traits, address },
        emailDomain: address?.email.slice(address.email.lastIndexOf('@') + 1) ?? null,
        account: known.find((each) => each.account)?.account ?? account,
        optedOutAt: known.find((each) => each.optedOutAt !== null)?.optedOutAt ?? null,
        ...{ stage: null, lifecycle: 'raw', score: { score: 0, scoredAt: null } },
        ...{ hasOpenOpportunity: false, decided: leadLifecycle.initial },
      },
      this.options.now,
    );
  }
}

const emailOf = ({ keys }: Pick<ListedPerson, 'keys'>): string | undefined => {
  const key = keys.find((each) => each.startsWith('email:'));
  return key && keyValue(key);
};

function duplicateOf(key: IdentityKey, place: string): readonly Finding[] {
  const found = DUPLICATES.find(([prefix]) => key.startsWith(prefix));
  return found ? [{ code: found[1], text: `has ${found[2]} as ${place}` }] : [];
}
