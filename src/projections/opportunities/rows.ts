import type { EventType } from '../../domain/events.js';
import type { Contact } from '../../domain/committee.js';
import type { OpportunityStatus } from '../../domain/opportunity.js';
import type { OpportunityHistory, StageEntry } from '../../domain/opportunity-history.js';
import {
  bigint,
  boolean,
  integer,
  jsonb,
  nullable,
  text,
  textArray,
  textOf,
  timestamptz,
  uuid,
} from '../../read-models/column-types.js';
import { Table } from '../../read-models/table.js';
import { type Unversioned, versionedTable, type VersionOf } from '../../read-models/versioned-table.js';

export interface OpportunityKey {
  readonly workspace: string;
  readonly opportunityId: string;
}

const IDENTITY = { workspace: text, opportunityId: text };

export const OPPORTUNITY = versionedTable(
  'opportunity',
  {
    ...IDENTITY,
    name: nullable(text),
    accountId: nullable(text),
    amountMinor: bigint,
    currency: text,
    stage: nullable(text),
    status: textOf<OpportunityStatus | 'none'>(),
    owner: nullable(text),
    source: nullable(text),
    reason: nullable(text),
    openedAt: timestamptz,
    closedAt: nullable(timestamptz),
    /** What happened last of all that is known, and how much that is; roles apart. */
    eventId: uuid,
    occurredAt: timestamptz,
    version: integer,
  },
  ['workspace', 'opportunityId'],
);
export type OpportunityRow = VersionOf<typeof OPPORTUNITY>;

export const OPPORTUNITY_CONTACT = versionedTable(
  'opportunity_contact',
  {
    ...IDENTITY,
    contact: text,
    keys: textArray(),
    role: text,
    isPrimary: boolean,
    eventId: uuid,
    occurredAt: timestamptz,
  },
  ['workspace', 'opportunityId', 'contact'],
);
export type ContactRow = VersionOf<typeof OPPORTUNITY_CONTACT>;

export const OPPORTUNITY_STAGE = versionedTable(
  'opportunity_stage',
  {
    ...IDENTITY,
    eventId: uuid,
    enteredAt: timestamptz,
    stage: nullable(text),
    status: textOf<OpportunityStatus>(),
    amountMinor: bigint,
    currency: text,
  },
  ['workspace', 'opportunityId', 'eventId'],
);
export type StageRow = VersionOf<typeof OPPORTUNITY_STAGE>;

/** Which opportunities a key was ever a contact of. */
export const OPPORTUNITY_CONTACT_KEY = new Table(
  'opportunity_contact_key',
  { workspace: text, key: text, opportunityId: text },
  ['workspace', 'key', 'opportunityId'],
);

export const OPPORTUNITY_EVENT = new Table(
  'opportunity_event',
  { ...IDENTITY, eventId: uuid, type: textOf<EventType>(), occurredAt: timestamptz, data: jsonb<object>() },
  ['workspace', 'opportunityId', 'eventId'],
);

export const idOf = ({ id }: { readonly id?: string }): string => id ?? '';

export function opportunityRow(
  of: OpportunityKey,
  { state, lastChange, changes }: OpportunityHistory,
): Unversioned<OpportunityRow> {
  const { name = null, accountId = null, stage = null, owner = null, source = null, reason = null } = state;
  const occurredAt = +(lastChange?.occurredAt ?? 0);
  return {
    ...of,
    ...{ name, accountId, stage, owner, source, reason, status: state.status },
    amountMinor: BigInt(state.amountMinor),
    currency: state.currency,
    openedAt: state.openedAt ? +state.openedAt : occurredAt,
    closedAt: state.closedAt ? +state.closedAt : null,
    eventId: idOf(lastChange ?? {}),
    occurredAt,
    version: changes,
  };
}

/** A contact that nothing gave its role has no row. */
export function contactRow(
  of: OpportunityKey,
  { keys, role, isPrimary = false, since }: Contact,
): Unversioned<ContactRow> | undefined {
  const [contact] = keys;
  if (contact === undefined || !since) return undefined;
  return { ...of, contact, keys, role, isPrimary, eventId: idOf(since), occurredAt: +since.occurredAt };
}

export const stageRow = (
  of: OpportunityKey,
  { event, stage, status, amountMinor, currency }: StageEntry,
): Unversioned<StageRow> => ({
  ...of,
  eventId: idOf(event),
  enteredAt: +event.occurredAt,
  stage,
  status,
  amountMinor: BigInt(amountMinor),
  currency,
});
