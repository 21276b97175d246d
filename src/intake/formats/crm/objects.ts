import type { ConsentStatus, IdentityClaim } from '../../../domain/events.js';
import { identityKey } from '../../../domain/identity/keys.js';
import type { OpportunityReport } from '../../../domain/opportunity-report.js';
import { domainOf } from '../../address.js';
import type { Fact, Message } from '../../format.js';
import { emailOf, ID_LENGTH, idOf, keysOf } from '../../identities.js';
import { readInstant } from '../../instant.js';
import type { JsonObject } from '../../json.js';
import { isRejected, reject, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import { defined, labelOf, nonEmpty } from '../../values.js';
import type { CrmSettings } from './settings.js';

/** What a message says, without its id and time. */
export type Said = Pick<Message, 'facts' | 'opportunities'>;

/** A field of an item, with its path. */
export interface Field {
  readonly value: unknown;
  readonly path: string;
}

export interface CrmContact {
  readonly id: Field;
  /** Other ids of the same person in the CRM. */
  readonly otherIds?: readonly Field[] | undefined;
  readonly email?: Field | undefined;
  readonly accountId?: Field | undefined;
  readonly traits?: JsonObject | undefined;
  /** Undefined: nothing is said of it. */
  readonly emailConsent?: ConsentStatus | undefined;
}

/** An id of the CRM; undefined: it is left out. */
export function crmId({ value, path }: Field, { idPrefix }: CrmSettings, reading: Reading) {
  const id = idOf(value, path, reading);
  if (id === undefined || typeof id !== 'string') return id;
  const whole = idPrefix + id;
  if (whole.length <= ID_LENGTH) return whole;
  return reject('identity-invalid', `must have at most ${ID_LENGTH - idPrefix.length} characters`, path);
}

/** The same where the message is about nothing without it. */
export function requiredId(field: Field, settings: CrmSettings, reading: Reading): string | Rejected {
  return crmId(field, settings, reading) ?? reject('missing-field', 'is required', field.path);
}

/** A person: the keys belong together, with traits, company and consent. */
export function contactSaid(contact: CrmContact, settings: CrmSettings, reading: Reading): Said | Rejected {
  const id = requiredId(contact.id, settings, reading);
  if (typeof id !== 'string') return id;
  const others = allIds(contact.otherIds ?? [], settings, reading);
  if (isRejected(others)) return others;
  const accountId = contact.accountId && crmId(contact.accountId, settings, reading);
  if (accountId !== undefined && typeof accountId !== 'string') return accountId;
  const email = contact.email && emailOf(contact.email.value, contact.email.path, reading);
  const identity = [...keysOf({ crm: id, email })];
  for (const other of others) identity.push(identityKey('crm', other));
  const traits: Record<string, unknown> = { ...contact.traits };
  if (email !== undefined) traits.email = email;
  const data: Mutable<IdentityClaim> = { identity };
  if (nonEmpty(traits)) data.traits = traits;
  if (accountId !== undefined) data.accountId = accountId;
  const stream = `identity-${identity[0]}` as const;
  const claim: Fact = { type: 'IdentityClaimed', stream, data };
  const status = contact.emailConsent;
  if (status === undefined) return { facts: [claim] };
  const consent: Fact = {
    ...{ type: 'ConsentChanged', stream, part: 'consent' },
    data: { identity, channel: 'email', status, reason: 'crm' },
  };
  return { facts: [claim, consent] };
}

function allIds(fields: readonly Field[], settings: CrmSettings, reading: Reading): string[] | Rejected {
  const ids: string[] = [];
  for (const field of fields) {
    const id = crmId(field, settings, reading);
    if (typeof id === 'string') ids.push(id);
    else if (id !== undefined) return id;
  }
  return ids;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface CrmAccount {
  readonly id: Field;
  readonly name?: unknown;
  /** A domain or an address. */
  readonly domain?: unknown;
  readonly traits?: JsonObject | undefined;
}

/** A company. */
export function accountSaid(account: CrmAccount, settings: CrmSettings, reading: Reading): Said | Rejected {
  const accountId = requiredId(account.id, settings, reading);
  if (typeof accountId !== 'string') return accountId;
  const fields = {
    name: labelOf(account.name, 512),
    domain: domainOf(labelOf(account.domain, 2048)),
    traits: account.traits && nonEmpty(account.traits),
  };
  const data = { accountId, ...defined(fields) };
  return { facts: [{ type: 'AccountObserved', stream: `account-${accountId}`, data }] };
}

/** A report of an opportunity, alone. */
export const reported = (report: OpportunityReport, { currency }: CrmSettings): Said => ({
  facts: [],
  opportunities: [{ ...report, ...(currency !== undefined && { defaultCurrency: currency }) }],
});

/** Won, lost or open by the stage; `Closed Won` and `closedwon` are one. */
export function statusOf(stage: string, { wonStages, lostStages }: CrmSettings): 'won' | 'lost' | 'open' {
  const isAmong = (stages: readonly string[]) => stages.some((each) => plain(each) === plain(stage));
  if (isAmong(wonStages)) return 'won';
  return isAmong(lostStages) ? 'lost' : 'open';
}

const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]/g, '');

/** As `Number` writes it in full, or as it was written: CRMs send amounts as numbers, as decimals and with an exponent. */
export function amountText(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim();
  if (text === '' || /^-?\d+(\.\d+)?$/.test(text)) return text === '' ? undefined : text;
  const number = Number(text);
  return Number.isFinite(number) && Math.abs(number) < 1e15
    ? number.toFixed(6).replace(/\.?0+$/, '')
    : text.slice(0, 40);
}

/** A time in a field: RFC 3339, undefined for nothing, null for a field that is cleared. What is no time is noted. */
export function timeText({ value, path }: Field, reading: Reading): string | null | undefined {
  if (value === undefined) return undefined;
  if (value === null || value === '') return null;
  const at = readInstant(value);
  if (at instanceof Date) return at.toISOString();
  reading.warn('time-invalid', 'is not a time and is ignored', path);
  return undefined;
}

/** A text in a field: undefined for nothing, null for a field that is cleared. */
export function fieldText(value: unknown, max = 200): string | null | undefined {
  return value === undefined ? undefined : (labelOf(value, max) ?? null);
}

/** `true` and `false` however a CRM writes them. */
export function flagOf(value: unknown): boolean | undefined {
  if (value === true || value === 'true' || value === '1' || value === 1) return true;
  return value === false || value === 'false' || value === '0' || value === 0 ? false : undefined;
}
