import type { OpportunityReport } from '../../../domain/opportunity-report.js';
import { identityKey } from '../../../domain/identity/keys.js';
import type { Message } from '../../format.js';
import { isRejected, reject, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import {
  accountSaid,
  contactSaid,
  crmId,
  type Field,
  flagOf,
  reported,
  requiredId,
  type Said,
} from '../crm/objects.js';
import type { CrmSettings } from '../crm/settings.js';
import { activityIn, contactOfActivity, deletedActivity } from './activity.js';
import { dealProperty } from './deal.js';
import {
  field,
  hubSpotMessageId,
  type HubSpotItem,
  type HubSpotObject,
  objectId,
  objectNamed,
  objectOfId,
  timeOf,
} from './item.js';

type Meaning = (
  item: HubSpotItem,
  settings: CrmSettings,
  reading: Reading,
) => (Said & Partial<Message>) | Rejected;

/** A notification in our words. */
export function meaningOf(item: HubSpotItem, settings: CrmSettings, reading: Reading): Message | Rejected {
  const [name = '', what = ''] = item.subscriptionType.split('.');
  if (what === 'associationChange') return association(item, settings, reading);
  const object = name === 'object' ? objectOfId(item.objectTypeId) : objectNamed(name);
  const meanings = object && MEANINGS[object];
  const meaning = meanings && Object.hasOwn(meanings, what) ? meanings[what] : undefined;
  if (!meaning) return reject('unknown-subscriptionType', UNKNOWN, 'subscriptionType');
  const said = meaning(item, settings, reading);
  return isRejected(said) ? said : { messageId: hubSpotMessageId(item), time: timeOf(item), ...said };
}

const UNKNOWN = 'is not kept by Touchline: remove it from the subscriptions';

const refuse =
  (code: string, message: string): Meaning =>
  () =>
    reject(code, message, 'subscriptionType');

const ACTIVITY = refuse(
  'identity-missing',
  'does not name the contacts: subscribe to association changes of calls, meetings and e-mails instead',
);

const ACTIVITIES = { creation: ACTIVITY, propertyChange: ACTIVITY };

const MEANINGS: Readonly<Record<HubSpotObject, Readonly<Record<string, Meaning>>>> = {
  contact: {
    creation: (item, settings, reading) => contactSaid({ id: objectId(item) }, settings, reading),
    restore: (item, settings, reading) => contactSaid({ id: objectId(item) }, settings, reading),
    propertyChange: contactProperty,
    merge: contactMerge,
    deletion: refuse('deletion-unsupported', 'leads stay when contacts are deleted'),
    privacyDeletion: refuse('erasure-requested', 'erase the lead with DELETE /api/leads/{id}'),
  },
  company: {
    creation: (item, settings, reading) => accountSaid({ id: objectId(item) }, settings, reading),
    restore: (item, settings, reading) => accountSaid({ id: objectId(item) }, settings, reading),
    propertyChange: companyProperty,
    deletion: refuse('deletion-unsupported', 'accounts stay when companies are deleted'),
    merge: refuse('merge-unsupported', 'accounts stay apart when companies are merged'),
  },
  deal: {
    creation: dealReport(({ occurredAt }) => openedAt(occurredAt)),
    restore: dealReport(() => ({})),
    deletion: dealReport(() => ({ status: 'deleted' })),
    propertyChange: dealReport(dealProperty),
    merge: dealMerge,
  },
  call: { ...ACTIVITIES, deletion: deletedActivity('call') },
  meeting: { ...ACTIVITIES, deletion: deletedActivity('meeting') },
  email: { ...ACTIVITIES, deletion: deletedActivity('email') },
};

/** Names of contact properties that are other traits here. */
const TRAITS: Readonly<Record<string, string>> = {
  firstname: 'firstName',
  lastname: 'lastName',
  jobtitle: 'title',
  lifecyclestage: 'lifecycleStage',
  hubspot_owner_id: 'owner',
};

function contactProperty(item: HubSpotItem, settings: CrmSettings, reading: Reading): Said | Rejected {
  const { propertyName: name = '', propertyValue: value = null } = item;
  const contact = { id: objectId(item) };
  const changed = field(item, 'propertyValue');
  if (name === 'email') return contactSaid({ ...contact, email: changed }, settings, reading);
  if (name === 'associatedcompanyid' && value)
    return contactSaid({ ...contact, accountId: changed }, settings, reading);
  if (name === 'hs_email_optout') {
    // Cleared, or no truth, it says nothing: only a person's own word takes an opt-out back.
    const optedOut = flagOf(value);
    const emailConsent = optedOut === undefined ? undefined : optedOut ? 'unsubscribed' : 'subscribed';
    return contactSaid({ ...contact, emailConsent }, settings, reading);
  }
  return contactSaid({ ...contact, traits: trait(name, value, TRAITS) }, settings, reading);
}

/** Cleared properties are empty text. */
function trait(
  name: string,
  value: unknown,
  names: Readonly<Record<string, string>>,
): Record<string, unknown> {
  if (name === '' || name === '__proto__') return {};
  return { [(Object.hasOwn(names, name) ? names[name] : undefined) ?? name]: value === '' ? null : value };
}

function companyProperty(item: HubSpotItem, settings: CrmSettings, reading: Reading): Said | Rejected {
  const { propertyName: name = '', propertyValue: value } = item;
  const id = objectId(item);
  if (name === 'name') return accountSaid({ id, name: value }, settings, reading);
  if (name === 'domain' || name === 'website') return accountSaid({ id, domain: value }, settings, reading);
  return accountSaid({ id, traits: trait(name, value ?? null, {}) }, settings, reading);
}

/** All ids are of one person from now on. */
function contactMerge(item: HubSpotItem, settings: CrmSettings, reading: Reading): Said | Rejected {
  const [id = objectId(item), ...otherIds] = mergedIds(item);
  return contactSaid({ id, otherIds }, settings, reading);
}

const mergedIds = (item: HubSpotItem): Field[] =>
  [
    field(item, 'newObjectId'),
    field(item, 'primaryObjectId'),
    ...(item.mergedObjectIds ?? []).map((value, at) => ({ value, path: `mergedObjectIds.${at}` })),
  ].filter(({ value }) => value !== undefined);

function openedAt(occurredAt: unknown): Pick<OpportunityReport, 'openedAt'> {
  const at = new Date(Number(occurredAt));
  return Number.isNaN(+at) ? {} : { openedAt: at.toISOString() };
}

type DealFields = Omit<OpportunityReport, 'opportunityId'>;

function dealReport(
  fieldsOf: (item: HubSpotItem, settings: CrmSettings, reading: Reading) => DealFields | Rejected,
): Meaning {
  return (item, settings, reading) => {
    const opportunityId = requiredId(objectId(item), settings, reading);
    if (typeof opportunityId !== 'string') return opportunityId;
    const fields = fieldsOf(item, settings, reading);
    return isRejected(fields) ? fields : reported({ opportunityId, ...fields }, settings);
  };
}

/** What was merged into another deal is there no more. */
function dealMerge(item: HubSpotItem, settings: CrmSettings, reading: Reading): Said | Rejected {
  const kept = item.newObjectId ?? item.primaryObjectId;
  const reports: OpportunityReport[] = [];
  for (const each of mergedIds(item)) {
    const opportunityId = requiredId(each, settings, reading);
    if (typeof opportunityId !== 'string') return opportunityId;
    const isKept = String(each.value) === String(kept);
    reports.push(
      ...(reported({ opportunityId, ...(!isKept && { status: 'deleted' }) }, settings).opportunities ?? []),
    );
  }
  if (reports.length === 0) return reject('missing-field', 'is required', 'primaryObjectId');
  return { facts: [], opportunities: reports };
}

/** The ends of an association by their types, whichever way round HubSpot names them. */
function association(item: HubSpotItem, settings: CrmSettings, reading: Reading): Message | Rejected {
  const [fromName, toName] = (item.associationType ?? '').toLowerCase().split('_to_');
  const from = objectOfId(item.fromObjectTypeId) ?? objectNamed(fromName);
  const to = objectOfId(item.toObjectTypeId) ?? objectNamed(toName);
  const ends = new Map([
    [to, field(item, 'toObjectId')],
    [from, field(item, 'fromObjectId')],
  ]);
  const said = associationSaid(item, ends, settings, reading);
  return isRejected(said) ? said : { messageId: hubSpotMessageId(item), time: timeOf(item), ...said };
}

function associationSaid(
  item: HubSpotItem,
  ends: ReadonlyMap<HubSpotObject | undefined, Field>,
  settings: CrmSettings,
  reading: Reading,
): ReturnType<Meaning> {
  const isRemoved = item.associationRemoved === true;
  const [contact, company, deal] = [ends.get('contact'), ends.get('company'), ends.get('deal')];
  if (deal && contact) return dealContact(item, deal, contact, settings, reading);
  if (deal && company) return dealCompany(item, deal, company, settings, reading);
  const activity = activityIn(ends);
  if (activity && contact) return contactOfActivity(item, activity, contact, settings, reading);
  if (isRemoved)
    return reject('removal-unsupported', 'stays until another takes its place', 'associationRemoved');
  if (contact && company) {
    const accountId = item.isPrimaryAssociation === false ? undefined : company;
    return contactSaid({ id: contact, accountId }, settings, reading);
  }
  return reject('unknown-associationType', UNKNOWN, 'associationType');
}

function dealContact(
  item: HubSpotItem,
  deal: Field,
  contact: Field,
  settings: CrmSettings,
  reading: Reading,
): Said | Rejected {
  const opportunityId = requiredId(deal, settings, reading);
  if (typeof opportunityId !== 'string') return opportunityId;
  const id = requiredId(contact, settings, reading);
  if (typeof id !== 'string') return id;
  const role = item.associationRemoved === true ? null : settings.contactRole;
  const isPrimary = role !== null && item.isPrimaryAssociation === true;
  const roles = [{ keys: [identityKey('crm', id)], role, ...(isPrimary && { isPrimary }) }];
  return reported({ opportunityId, roles }, settings);
}

/** A deal has many companies; its account is the primary one. */
function dealCompany(
  item: HubSpotItem,
  deal: Field,
  company: Field,
  settings: CrmSettings,
  reading: Reading,
): Said | Rejected {
  const opportunityId = requiredId(deal, settings, reading);
  if (typeof opportunityId !== 'string') return opportunityId;
  const accountId = crmId(company, settings, reading);
  if (typeof accountId !== 'string') return accountId ?? reject('missing-field', 'is required', company.path);
  if (item.associationRemoved === true)
    return reported({ opportunityId, formerAccountId: accountId }, settings);
  return reported({ opportunityId, ...(item.isPrimaryAssociation !== false && { accountId }) }, settings);
}
