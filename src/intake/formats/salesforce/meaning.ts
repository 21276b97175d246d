import { identityKey } from '../../../domain/identity/keys.js';
import type { WithdrawalReason } from '../../../domain/events.js';
import type { TouchpointKind } from '../../../domain/touchpoint.js';
import type { Message } from '../../format.js';
import { isRejected, reject, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import { defined } from '../../values.js';
import { activitySaid } from '../crm/activity.js';
import {
  accountSaid,
  amountText,
  contactSaid,
  type Field,
  fieldText,
  flagOf,
  reported,
  requiredId,
  type Said,
  statusOf,
  timeText,
} from '../crm/objects.js';
import type { CrmSettings } from '../crm/settings.js';
import type { SalesforceNotification } from './soap.js';

type Fields = SalesforceNotification['fields'];
type Meaning = (
  fields: Fields,
  settings: CrmSettings,
  reading: Reading,
) => (Said & Partial<Pick<Message, 'messageId' | 'time'>>) | Rejected;

/** A notification in our words. */
export function meaningOf(
  { notificationId, objectType, fields }: SalesforceNotification,
  settings: CrmSettings,
  reading: Reading,
): Message | Rejected {
  const meaning = Object.hasOwn(MEANINGS, objectType) ? MEANINGS[objectType] : undefined;
  if (!meaning) {
    const known = Object.keys(MEANINGS).join(', ');
    return reject('unknown-objectType', `must be one of ${known}`, 'objectType');
  }
  const said = meaning(fields, settings, reading);
  if (isRejected(said)) return said;
  const time = modified(fields);
  if (time.timestamp === undefined) reading.warn('time-missing', UNORDERED, time.path);
  return { messageId: notificationId, time, ...said };
}

const UNORDERED = 'is not sent: the time of receipt stands for it, which is not the order of changes';

/** SystemModstamp also moves when Salesforce itself changes a record. */
function modified(fields: Fields): Message['time'] {
  const name = ['SystemModstamp', 'LastModifiedDate'].find((each) => fields[each]);
  return { timestamp: name && fields[name], path: `fields.${name ?? 'SystemModstamp'}` };
}

const field = (fields: Fields, name: string): Field => ({ value: fields[name], path: `fields.${name}` });
const given = (fields: Fields, name: string): Field | undefined =>
  fields[name] ? field(fields, name) : undefined;

/** Fields that say something else than a trait of the person or company. */
const NO_TRAITS = new Set([
  ...['Id', 'Email', 'Website', 'HasOptedOutOfEmail', 'IsDeleted', 'MasterRecordId', 'AccountId'],
  ...['SystemModstamp', 'LastModifiedDate', 'CreatedDate'],
  ...['IsConverted', 'ConvertedContactId', 'ConvertedAccountId', 'ConvertedOpportunityId'],
]);
const TRAITS: Readonly<Record<string, string>> = {
  FirstName: 'firstName',
  LastName: 'lastName',
  Name: 'name',
  Title: 'title',
  Company: 'company',
  OwnerId: 'owner',
};

const traitName = (name: string): string => (Object.hasOwn(TRAITS, name) ? TRAITS[name] : undefined) ?? name;

function traitsOf(fields: Fields): Record<string, unknown> {
  const traits: Record<string, unknown> = {};
  for (const name in fields) if (!NO_TRAITS.has(name)) traits[traitName(name)] = fields[name];
  return traits;
}

/**
 * A lead that was converted is the same person as its contact. That nobody opted out is no consent: a mail provider may know
 * better, and every change of the record repeats it.
 */
const person: Meaning = (fields, settings, reading) => {
  if (isDeleted(fields) && !fields.MasterRecordId) return KEPT;
  const contact = {
    id: field(fields, 'Id'),
    otherIds: otherIdsIn(fields),
    email: given(fields, 'Email'),
    accountId: given(fields, 'AccountId') ?? given(fields, 'ConvertedAccountId'),
    traits: traitsOf(fields),
    emailConsent: flagOf(fields.HasOptedOutOfEmail) === true ? ('unsubscribed' as const) : undefined,
  };
  return contactSaid(contact, settings, reading);
};

const OTHER_IDS = ['ConvertedContactId', 'MasterRecordId'];

function otherIdsIn(fields: Fields): readonly Field[] {
  const others: Field[] = [];
  for (const name of OTHER_IDS) if (fields[name]) others.push(field(fields, name));
  return others;
}

const isDeleted = (fields: Fields): boolean => flagOf(fields.IsDeleted) === true;
const KEPT = reject(
  'deletion-unsupported',
  'leads and accounts stay when records are deleted',
  'fields.IsDeleted',
);

const account: Meaning = ({ Name: name, ...fields }, settings, reading) => {
  if (isDeleted(fields)) return KEPT;
  const { Website: domain } = fields;
  return accountSaid({ id: field(fields, 'Id'), name, domain, traits: traitsOf(fields) }, settings, reading);
};

const opportunity: Meaning = (fields, settings, reading) => {
  const opportunityId = requiredId(field(fields, 'Id'), settings, reading);
  if (typeof opportunityId !== 'string') return opportunityId;
  if (isDeleted(fields)) return reported({ opportunityId, status: 'deleted' }, settings);
  const accountId = given(fields, 'AccountId') && requiredId(field(fields, 'AccountId'), settings, reading);
  if (accountId !== undefined && typeof accountId !== 'string') return accountId;
  const { Amount, CurrencyIsoCode } = fields;
  const report = {
    opportunityId,
    ...defined({
      name: fieldText(fields.Name, 500),
      accountId: fields.AccountId === null ? null : accountId,
      amount: Amount === undefined ? undefined : (amountText(Amount) ?? null),
      currency: fieldText(CurrencyIsoCode) ?? undefined,
      stage: fieldText(fields.StageName),
      status: statusIn(fields, settings),
      owner: fieldText(fields.OwnerId),
      source: fieldText(fields.LeadSource),
      openedAt: timeText(field(fields, 'CreatedDate'), reading) ?? undefined,
      closeDate: timeText(field(fields, 'CloseDate'), reading),
    }),
  };
  return reported(report, settings);
};

/** By IsWon and IsClosed where they are sent, else by the stage. */
function statusIn(fields: Fields, settings: CrmSettings): 'won' | 'lost' | 'open' | undefined {
  if (flagOf(fields.IsWon) === true) return 'won';
  const isClosed = flagOf(fields.IsClosed);
  if (isClosed !== undefined && flagOf(fields.IsWon) !== undefined) return isClosed ? 'lost' : 'open';
  return fields.StageName ? statusOf(fields.StageName, settings) : undefined;
}

const contactRole: Meaning = (fields, settings, reading) => {
  const opportunityId = requiredId(field(fields, 'OpportunityId'), settings, reading);
  if (typeof opportunityId !== 'string') return opportunityId;
  const id = requiredId(field(fields, 'ContactId'), settings, reading);
  if (typeof id !== 'string') return id;
  const role = isDeleted(fields) ? null : (fieldText(fields.Role, 100) ?? settings.contactRole);
  const isPrimary = flagOf(fields.IsPrimary) === true;
  const roles = [{ keys: [identityKey('crm', id)], role, ...(isPrimary && { isPrimary }) }];
  return reported({ opportunityId, roles }, settings);
};

const KINDS: Readonly<Record<string, TouchpointKind>> = {
  call: 'sales_call',
  email: 'sales_email',
  listemail: 'sales_email',
  meeting: 'meeting',
};

const kindNamed = (name: string | null | undefined): TouchpointKind | undefined => {
  const key = (name ?? '').toLowerCase();
  return Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
};

/** A task is something that happened once it is done. */
const task: Meaning = (fields, settings, reading) => {
  if (isDeleted(fields)) return activity('deleted', fields, undefined, settings, reading);
  const kind = kindNamed(fields.TaskSubtype) ?? kindNamed(fields.Type);
  if (!kind) return reject('unknown-kind', 'must be a call, an e-mail or a meeting', 'fields.TaskSubtype');
  const isDone = flagOf(fields.IsClosed) === true || fields.Status === 'Completed';
  const done = ['CompletedDateTime', 'ActivityDate'].find((name) => isDone && fields[name]);
  return activity(isDone ? { kind } : 'planned', fields, done, settings, reading);
};

const event: Meaning = (fields, settings, reading) => {
  if (isDeleted(fields)) return activity('deleted', fields, undefined, settings, reading);
  const start = ['StartDateTime', 'ActivityDateTime', 'ActivityDate'].find((name) => fields[name]);
  return activity({ kind: kindNamed(fields.Type) ?? 'meeting' }, fields, start, settings, reading);
};

/** As it was at the time of the change. What lies ahead counts from when it was arranged. */
function activity(
  outcome: { readonly kind: TouchpointKind } | WithdrawalReason,
  fields: Fields,
  timeField: string | undefined,
  settings: CrmSettings,
  reading: Reading,
): ReturnType<Meaning> {
  const { Id: id, Subject: name, OwnerId: rep, WhatId } = fields;
  if (!id) return reject('missing-field', 'is required', 'fields.Id');
  const modifiedTime = modified(fields);
  const changedAt =
    timeText({ value: modifiedTime.timestamp, path: modifiedTime.path }, reading) ?? undefined;
  const at = timeField === undefined ? undefined : timeText(field(fields, timeField), reading);
  const revises = { id, ...(changedAt !== undefined && { at: changedAt }) };
  const isAhead = !at || (changedAt !== undefined && at > changedAt);
  return activitySaid(
    {
      outcome: typeof outcome === 'string' ? { withdrawn: outcome, revises } : { ...outcome, revises },
      ...{ name, rep, contactId: field(fields, 'WhoId') },
      time: isAhead ? modifiedTime : { timestamp: at, path: `fields.${timeField ?? ''}` },
      properties: defined({ activityId: id, whatId: WhatId ?? undefined }),
    },
    settings,
    reading,
  );
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  Contact: person,
  Lead: person,
  Account: account,
  Opportunity: opportunity,
  OpportunityContactRole: contactRole,
  Task: task,
  Event: event,
};
