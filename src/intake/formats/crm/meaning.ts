import type { WithdrawalReason } from '../../../domain/events.js';
import { identityKey, type IdentityKey } from '../../../domain/identity/keys.js';
import type { OpportunityReport } from '../../../domain/opportunity-report.js';
import { TOUCHPOINT_KINDS, type TouchpointKind } from '../../../domain/touchpoint.js';
import type { Message } from '../../format.js';
import { emailOf, MESSAGE_ID_LENGTH, messageIdOf } from '../../identities.js';
import { isObject, type JsonObject } from '../../json.js';
import { isRejected, reject, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import { defined, objectOr } from '../../values.js';
import { activitySaid, type CrmActivity } from './activity.js';
import {
  accountSaid,
  amountText,
  contactSaid,
  crmId,
  type Field,
  fieldText,
  flagOf,
  reported,
  requiredId,
  type Said,
  statusOf,
  timeText,
} from './objects.js';
import { type CompiledRule, type CrmObject, rulesOf } from './rules.js';
import { unknownObject } from './unknown-object.js';
import { type CrmSettings, crmSettings } from './settings.js';

/** An item as its rule reads it. */
class CrmItem {
  readonly settings: CrmSettings;

  constructor(
    private readonly item: JsonObject,
    readonly rule: CompiledRule,
    readonly reading: Reading,
  ) {
    this.settings = crmSettings(reading.collector);
  }

  field(name: string): Field {
    return { value: this.rule.valueOf(this.item, name), path: this.rule.pathOf(name) };
  }

  /** Undefined where it is empty, too. */
  given(name: string): Field | undefined {
    const field = this.field(name);
    return field.value === undefined || field.value === null || field.value === '' ? undefined : field;
  }

  text(name: string, max?: number): string | null | undefined {
    return fieldText(this.field(name).value, max);
  }

  time(name: string): string | null | undefined {
    return timeText(this.field(name), this.reading);
  }

  get traits(): JsonObject {
    return { ...objectOr(this.field('traits').value), ...this.rule.traitsOf(this.item) };
  }

  get occurredAt(): Message['time'] {
    const { value: timestamp, path } = this.field('occurredAt');
    return { timestamp, path };
  }

  get isDeleted(): boolean {
    return this.rule.isDeleted(this.item);
  }

  /** Why an activity did not take place. */
  get withdrawn(): WithdrawalReason | undefined {
    if (this.isDeleted) return 'deleted';
    if (this.rule.isCancelled(this.item)) return 'cancelled';
    return this.rule.isDone(this.item) ? undefined : 'planned';
  }

  /** An address as text, or in a list of addresses with the primary one marked. */
  email(name: string): Field | undefined {
    const field = this.given(name);
    if (!field || !Array.isArray(field.value)) return field;
    const list = field.value as readonly unknown[];
    const first = list.find((each) => isObject(each) && each.primary === true) ?? list[0];
    const value = isObject(first) ? first.value : first;
    return value === undefined || value === null || value === '' ? undefined : { ...field, value };
  }
}

type Meaning = (item: CrmItem) => (Said & Partial<Message>) | Rejected;

const MEANINGS: Readonly<Record<CrmObject, Meaning>> = {
  contact,
  company,
  opportunity,
  activity,
};

/** An item of any CRM in our words, by the first rule that applies to it. */
export function meaningOf(item: JsonObject, reading: Reading): Message | Rejected {
  const rule = rulesOf(reading.collector).find((each) => each.applies(item));
  if (!rule) return unknownObject(item, reading.collector);
  const read = new CrmItem(item, rule, reading);
  const messageId = messageIdOf(read.field('messageId').value);
  if (messageId !== undefined && messageId.length > MESSAGE_ID_LENGTH)
    return reject(
      'invalid-field',
      `must have at most ${MESSAGE_ID_LENGTH} characters`,
      read.field('messageId').path,
    );
  const said = MEANINGS[rule.type](read);
  if (isRejected(said)) return said;
  return { messageId, time: read.occurredAt, ...said };
}

const KEPT = reject('deletion-unsupported', 'leads and accounts stay when they are deleted in the CRM');

function contact(item: CrmItem): Said | Rejected {
  if (item.isDeleted) return KEPT;
  const hasOptedOut = flagOf(item.field('optedOut').value);
  return contactSaid(
    {
      ...{ id: item.field('id'), email: item.email('email'), accountId: item.given('accountId') },
      traits: item.traits,
      ...(hasOptedOut === true && { emailConsent: 'unsubscribed' }),
    },
    item.settings,
    item.reading,
  );
}

function company(item: CrmItem): Said | Rejected {
  if (item.isDeleted) return KEPT;
  const [id, name, domain] = [item.field('id'), item.field('name').value, item.field('domain').value];
  return accountSaid({ id, name, domain, traits: item.traits }, item.settings, item.reading);
}

function opportunity(item: CrmItem): Said | Rejected {
  const { settings, reading } = item;
  const opportunityId = requiredId(item.field('id'), settings, reading);
  if (typeof opportunityId !== 'string') return opportunityId;
  if (item.isDeleted) return reported({ opportunityId, status: 'deleted' }, settings);
  const account = item.field('accountId');
  const accountId = account.value === null ? null : crmId(account, settings, reading);
  if (accountId && typeof accountId !== 'string') return accountId;
  const committee = committeeOf(item);
  if (committee && isRejected(committee)) return committee;
  const { value: amount } = item.field('amount');
  const report = {
    opportunityId,
    ...defined({
      ...{ name: item.text('name', 500), accountId, stage: item.text('stage'), owner: item.text('owner') },
      ...{ source: item.text('source'), reason: item.text('reason', 1_000) },
      amount: amount === undefined ? undefined : (amountText(amount) ?? null),
      currency: item.text('currency')?.toUpperCase(),
      openedAt: item.time('openedAt') ?? undefined,
      closeDate: item.time('closeDate'),
      status: statusIn(item),
      committee,
    }),
  };
  return reported(report, settings);
}

const STATUSES = ['open', 'won', 'lost', 'deleted'] as const;

/** As the CRM names it, else by the stage. */
function statusIn(item: CrmItem): (typeof STATUSES)[number] | undefined {
  const named = item.text('status')?.toLowerCase();
  const stage = item.text('stage');
  const status = STATUSES.find((each) => each === named);
  return status ?? (stage ? statusOf(stage, item.settings) : undefined);
}

/** Where the CRM names a contact of an opportunity it is the only one; undefined: the item says nothing of it. */
function committeeOf(item: CrmItem): OpportunityReport['committee'] | Rejected {
  const { settings, reading } = item;
  const [contactId, email] = [item.field('contactId'), item.email('contactEmail')];
  if (contactId.value === undefined && email === undefined) return undefined;
  const id = crmId(contactId, settings, reading);
  if (id !== undefined && typeof id !== 'string') return id;
  const address = email && emailOf(email.value, email.path, reading);
  const keys: IdentityKey[] = [];
  if (id !== undefined) keys.push(identityKey('crm', id));
  if (address !== undefined) keys.push(identityKey('email', address));
  const isPrimary = flagOf(item.field('isPrimary').value) === true;
  const role = item.text('role', 100) ?? settings.contactRole;
  return keys.length === 0 ? [] : [{ keys, role, ...(isPrimary && { isPrimary }) }];
}

const KINDS: readonly string[] = TOUCHPOINT_KINDS;
const isKind = (name: string | undefined): name is TouchpointKind =>
  name !== undefined && KINDS.includes(name);

function activity(item: CrmItem): ReturnType<Meaning> {
  const id = fieldText(item.field('id').value) ?? undefined;
  const outcome = outcomeOf(item, id);
  if (isRejected(outcome)) return outcome;
  return activitySaid(
    {
      ...{ outcome, time: item.occurredAt, contactId: item.field('contactId'), email: item.email('email') },
      ...{ name: item.field('name').value, rep: item.field('rep').value },
      properties: defined({ activityId: id }),
    },
    item.settings,
    item.reading,
  );
}

/** Where it did not take place its kind may be missing, or none of ours. */
function outcomeOf(item: CrmItem, id: string | undefined): CrmActivity['outcome'] | Rejected {
  const { withdrawn } = item;
  const at = item.time('modifiedAt') ?? undefined;
  const revises = id === undefined ? undefined : { id, ...(at !== undefined && { at }) };
  if (withdrawn)
    return revises ? { withdrawn, revises } : reject('missing-field', 'is required', item.field('id').path);
  const named = item.text('kind') ?? undefined;
  const { kinds = {} } = item.rule;
  const kind = named !== undefined && Object.hasOwn(kinds, named) ? kinds[named] : named;
  return isKind(kind)
    ? { kind, revises }
    : reject('unknown-kind', 'is not a kind of touchpoint', item.field('kind').path);
}
