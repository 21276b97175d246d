import type { Opportunity, StageEntry } from '../../domain/opportunity.js';
import type { Version } from '../versions.js';

interface Identified {
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

type Unversioned<Row> = Omit<Row, keyof Version>;

const idOf = ({ id }: { readonly id?: string }): string => id ?? '';

export function opportunityRow(of: Identified, state: Opportunity): Unversioned<OpportunityRow> {
  const { name = null, accountId = null, stage = null, owner = null, source = null, reason = null } = state;
  const changes = state.events.filter(({ type }) => type !== 'ContactRoleAssigned');
  const last: { readonly id?: string; readonly occurredAt: Date } = changes.at(-1) ?? {
    occurredAt: new Date(0),
  };
  return {
    ...of,
    ...{ name, account_id: accountId, stage, owner, source, reason, status: state.status },
    amount_minor: String(state.amountMinor),
    currency: state.currency,
    opened_at: state.openedAt ?? last.occurredAt,
    closed_at: state.closedAt ?? null,
    event_id: idOf(last),
    occurred_at: last.occurredAt,
    version: changes.length,
  };
}

export const contactRows = (of: Identified, { contacts }: Opportunity): Unversioned<ContactRow>[] =>
  contacts.flatMap(({ keys, role, since }) => {
    const [contact] = keys;
    if (contact === undefined || !since) return [];
    return [{ ...of, contact, keys, role, event_id: idOf(since), occurred_at: since.occurredAt }];
  });

export const stageRows = (of: Identified, entries: readonly StageEntry[]): Unversioned<StageRow>[] =>
  entries.map(({ event, stage, status, amountMinor, currency }) => ({
    ...of,
    event_id: idOf(event),
    entered_at: event.occurredAt,
    stage,
    status,
    amount_minor: String(amountMinor),
    currency,
  }));
