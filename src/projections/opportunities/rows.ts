import type { Contact } from '../../domain/committee.js';
import type { OpportunityHistory, StageEntry } from '../../domain/opportunity-history.js';
import type { Version } from '../versions.js';

export interface Identified {
  readonly workspace: string;
  readonly opportunity_id: string;
}

/** Columns of touchline.opportunity. */
export interface OpportunityRow extends Version, Identified {
  readonly name: string | null;
  readonly account_id: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly stage: string | null;
  readonly status: string;
  readonly owner: string | null;
  readonly source: string | null;
  readonly reason: string | null;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
  /** What happened last of all that is known, and how much that is; roles apart. */
  readonly event_id: string;
  readonly occurred_at: Date;
  readonly version: number;
}

export interface ContactRow extends Version, Identified {
  readonly contact: string;
  readonly keys: readonly string[];
  readonly role: string;
  readonly event_id: string;
  readonly occurred_at: Date;
}

export interface StageRow extends Version, Identified {
  readonly event_id: string;
  readonly entered_at: Date;
  readonly stage: string | null;
  readonly status: string;
  readonly amount_minor: string;
  readonly currency: string;
}

export type Unversioned<Row> = Omit<Row, keyof Version>;

export const idOf = ({ id }: { readonly id?: string }): string => id ?? '';

export function opportunityRow(
  of: Identified,
  { state, lastChange, changes }: OpportunityHistory,
): Unversioned<OpportunityRow> {
  const { name = null, accountId = null, stage = null, owner = null, source = null, reason = null } = state;
  const occurredAt = lastChange?.occurredAt ?? new Date(0);
  return {
    ...of,
    ...{ name, account_id: accountId, stage, owner, source, reason, status: state.status },
    amount_minor: String(state.amountMinor),
    currency: state.currency,
    opened_at: state.openedAt ?? occurredAt,
    closed_at: state.closedAt ?? null,
    event_id: idOf(lastChange ?? {}),
    occurred_at: occurredAt,
    version: changes,
  };
}

/** A contact that nothing gave its role has no row. */
export function contactRow(
  of: Identified,
  { keys, role, since }: Contact,
): Unversioned<ContactRow> | undefined {
  const [contact] = keys;
  if (contact === undefined || !since) return undefined;
  return { ...of, contact, keys, role, event_id: idOf(since), occurred_at: since.occurredAt };
}

export const stageRow = (
  of: Identified,
  { event, stage, status, amountMinor, currency }: StageEntry,
): Unversioned<StageRow> => ({
  ...of,
  event_id: idOf(event),
  entered_at: event.occurredAt,
  stage,
  status,
  amount_minor: String(amountMinor),
  currency,
});
