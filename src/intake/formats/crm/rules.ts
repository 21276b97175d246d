import { recordTest, valueAt } from '../../../domain/value-test.js';
import type { CollectorConfig } from '../../../workspaces/collector-config.js';
import { valueTest } from '../../../workspaces/mapping-schema.js';
import type { JsonObject } from '../../json.js';
import { type Static, Type } from '../../schema.js';

const closed = { additionalProperties: false } as const;
const path = (description: string) =>
  Type.Union(
    [
      Type.String({ minLength: 1, maxLength: 256 }),
      Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 20 }),
    ],
    { description },
  );
const tests = (description: string) =>
  Type.Record(Type.String({ maxLength: 256 }), valueTest, {
    description: `${description}: values by dotted path, as in conditions of the journey model`,
  });

const CRM_OBJECTS = ['contact', 'company', 'opportunity', 'activity'] as const;
export type CrmObject = (typeof CRM_OBJECTS)[number];

/** What an object of the CRM is, and where its fields are. */
const rule = Type.Object(
  {
    type: Type.Unsafe<CrmObject>({ enum: [...CRM_OBJECTS] }),
    when: Type.Optional(tests('Items that it is about; absent: all')),
    deleted: Type.Optional(tests('Items that say that it is deleted')),
    cancelled: Type.Optional(tests('Activities that do not take place')),
    done: Type.Optional(tests('Activities that took place; absent: all')),
    fields: Type.Record(
      Type.String({ maxLength: 64 }),
      path('A dotted path, or several of which the first counts'),
      {
        description:
          'messageId, occurredAt, id; of a contact email, accountId, optedOut; of a company name, domain; of an opportunity name, ' +
          'accountId, amount, currency, stage, status, owner, source, openedAt, closeDate, reason, contactId, contactEmail, role, isPrimary; ' +
          'of an activity modifiedAt, contactId, email, kind, name, rep',
      },
    ),
    traits: Type.Optional(
      Type.Record(Type.String({ maxLength: 256 }), path('A dotted path'), {
        description: 'Of contacts and companies, by their names',
      }),
    ),
    kinds: Type.Optional(
      Type.Record(Type.String({ maxLength: 200 }), Type.String({ maxLength: 40 }), {
        description: 'Kinds of touchpoints by the `kind` of an activity',
      }),
    ),
  },
  closed,
);

/** Rules are tried in order; the first that applies reads the item. */
export const crmRulesSchema = Type.Array(rule, { maxItems: 50 });
export type CrmRule = Readonly<Static<typeof rule>>;

const flat = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `data.${name}`]));
const own = (type: CrmObject, names: readonly string[]): CrmRule => ({
  type,
  when: { type: { is: type } },
  deleted: { deleted: { is: true } },
  fields: { messageId: 'id', occurredAt: 'occurredAt', ...flat(['id', ...names]) },
});

const ACTIVITY = own('activity', ['modifiedAt', 'contactId', 'email', 'kind', 'name', 'rep']);

/** For whoever writes the messages: `{ id, type, occurredAt, deleted, data: { id, … } }`. */
const OWN: readonly CrmRule[] = [
  own('contact', ['email', 'accountId', 'optedOut', 'traits']),
  own('company', ['name', 'domain', 'traits']),
  own('opportunity', [
    ...[
      'name',
      'accountId',
      'amount',
      'currency',
      'stage',
      'status',
      'owner',
      'source',
      'openedAt',
      'closeDate',
    ],
    ...['reason', 'contactId', 'contactEmail', 'role', 'isPrimary'],
  ]),
  {
    ...ACTIVITY,
    when: { ...ACTIVITY.when, 'data.status': { is: ['planned', 'cancelled'] } },
    cancelled: { 'data.status': { is: 'cancelled' } },
    done: { 'data.status': { is: 'done' } },
  },
  ACTIVITY,
];

const pipedrive = (
  type: CrmObject,
  entity: string,
  { fields, ...more }: Pick<CrmRule, 'fields' | 'traits' | 'kinds' | 'done'>,
): CrmRule => ({
  type,
  when: { 'meta.entity': { is: entity } },
  deleted: { 'meta.action': { is: 'delete' } },
  fields: {
    messageId: 'meta.id',
    occurredAt: 'meta.timestamp',
    id: ['meta.entity_id', 'data.id'],
    ...fields,
  },
  ...more,
});

/** Webhooks v2 of Pipedrive: pipedrive.readme.io/docs/guide-for-webhooks-v2. */
const PIPEDRIVE: readonly CrmRule[] = [
  pipedrive('contact', 'person', {
    fields: { email: 'data.emails', accountId: 'data.org_id' },
    traits: {
      ...{ name: 'data.name', firstName: 'data.first_name', lastName: 'data.last_name' },
      ...{ title: 'data.job_title', owner: 'data.owner_id' },
    },
  }),
  pipedrive('company', 'organization', {
    fields: { name: 'data.name', domain: ['data.website', 'data.domain'] },
    traits: { owner: 'data.owner_id', industry: 'data.industry' },
  }),
  pipedrive('opportunity', 'deal', {
    fields: {
      ...{ name: 'data.title', accountId: 'data.org_id', amount: 'data.value', currency: 'data.currency' },
      ...{ stage: 'data.stage_id', status: 'data.status', owner: 'data.owner_id', openedAt: 'data.add_time' },
      ...{ reason: 'data.lost_reason', contactId: 'data.person_id', source: ['data.channel', 'data.origin'] },
      closeDate: ['data.close_time', 'data.won_time', 'data.lost_time', 'data.expected_close_date'],
    },
  }),
  pipedrive('activity', 'activity', {
    done: { 'data.done': { is: true } },
    fields: {
      modifiedAt: ['meta.timestamp', 'data.update_time'],
      ...{ contactId: 'data.person_id', kind: 'data.type', name: 'data.subject', rep: 'data.owner_id' },
      occurredAt: ['data.marked_as_done_time', 'data.update_time', 'meta.timestamp'],
    },
    kinds: { call: 'sales_call', meeting: 'meeting', email: 'sales_email', lunch: 'meeting' },
  }),
];

const DEFAULTS: readonly CrmRule[] = [...PIPEDRIVE, ...OWN];

export interface CompiledRule extends Pick<CrmRule, 'type' | 'kinds'> {
  applies(item: JsonObject): boolean;
  isDeleted(item: JsonObject): boolean;
  isCancelled(item: JsonObject): boolean;
  isDone(item: JsonObject): boolean;
  /** Undefined: the item does not have it; null: it is empty. */
  valueOf(item: JsonObject, field: string): unknown;
  pathOf(field: string): string;
  traitsOf(item: JsonObject): JsonObject;
}

const compiled = new WeakMap<object, readonly CompiledRule[]>();

/** Of the collector, or those that need no settings. */
export const crmRulesOf = (collector: CollectorConfig | undefined): readonly CrmRule[] =>
  (collector?.settings.objects as readonly CrmRule[] | undefined) ?? DEFAULTS;

/** The rules of a collector, compiled once for each change of its settings. */
export function rulesOf(collector: CollectorConfig | undefined): readonly CompiledRule[] {
  const rules = crmRulesOf(collector);
  let made = compiled.get(rules);
  if (!made) compiled.set(rules, (made = rules.map(compile)));
  return made;
}

function compile(rule: CrmRule): CompiledRule {
  const { type, when, deleted, cancelled, done, fields, traits = {}, kinds = {} } = rule;
  const holds = (all: CrmRule['when'], byDefault: boolean) => (all ? recordTest(all) : () => byDefault);
  const pathsOf = (field: string): readonly string[] =>
    Object.hasOwn(fields, field) ? [fields[field] ?? []].flat() : [];
  return {
    ...{ type, kinds },
    ...{ applies: holds(when, true), isDeleted: holds(deleted, false) },
    ...{ isCancelled: holds(cancelled, false), isDone: holds(done, true) },
    valueOf: (item, field) => firstValue(item, pathsOf(field)),
    pathOf: (field) => pathsOf(field)[0] ?? field,
    traitsOf: (item) =>
      Object.fromEntries(
        Object.entries(traits)
          .map(([name, paths]) => [name, firstValue(item, [paths].flat())] as const)
          .filter(([, value]) => value !== undefined),
      ),
  };
}

function firstValue(item: JsonObject, paths: readonly string[]): unknown {
  const values = paths.map((each) => valueAt(item, each));
  return (
    values.find((value) => value !== undefined && value !== null) ?? values.find((value) => value === null)
  );
}
