import { Instant, MaybeInstant, MaybeText, Nested, Text, Enum } from './response-fields.js';
import { MoneyItem, moneyOf } from './money.js';
import type { View } from './read-models.js';
import { validAt } from './valid-at.js';
import { rows, sql, type Sql } from './sql.js';

export const STATUSES = ['open', 'won', 'lost'] as const;

/** An opportunity as the CRM reported it. */
export class OpportunityItem {
  @Text('Id in the CRM') opportunityId!: string;
  @MaybeText('Name') name!: string | null;
  @MaybeText('The company') accountId!: string | null;
  @Nested('Amount in its own currency', () => MoneyItem) amount!: MoneyItem;
  @MaybeText("Sales stage, the CRM's word") stage!: string | null;
  @Enum('Open, won or lost', STATUSES) status!: string;
  @MaybeText('Salesperson') owner!: string | null;
  @MaybeText('Lead source, as the CRM names it') source!: string | null;
  @MaybeText('Why it was last lost or reopened') reason!: string | null;
  @Instant('Reference date of pipeline') openedAt!: Date;
  @MaybeInstant('Reference date of revenue; null while open') closedAt!: Date | null;
}

export interface OpportunityRow {
  opportunity_id: string;
  name: string | null;
  account_id: string | null;
  amount_minor: string;
  currency: string;
  stage: string | null;
  status: string;
  owner: string | null;
  source: string | null;
  reason: string | null;
  opened_at: Date;
  closed_at: Date | null;
  event_id: string;
  version: number;
}

/** Opportunities at the position of the view that meet the condition on `o`, newest first. */
export const opportunityRows = (
  { tx, workspace, asOf }: View,
  condition: Sql,
  limit: number | null = null,
): Promise<OpportunityRow[]> =>
  rows<OpportunityRow>(
    tx,
    sql`
    SELECT o.opportunity_id, o.name, o.account_id, o.amount_minor, o.currency, o.stage, o.status, o.owner, o.source,
           o.reason, o.opened_at, o.closed_at, o.event_id, o.version
    FROM touchline.opportunity o
    WHERE o.workspace = ${workspace} AND ${validAt('o', asOf)} AND ${condition}
    ORDER BY o.opened_at DESC, o.opportunity_id COLLATE "C"
    LIMIT ${limit}`,
  );

export const opportunityItem = (row: OpportunityRow): OpportunityItem => ({
  opportunityId: row.opportunity_id,
  name: row.name,
  accountId: row.account_id,
  amount: moneyOf(row.amount_minor, row.currency),
  stage: row.stage,
  status: row.status,
  owner: row.owner,
  source: row.source,
  reason: row.reason,
  openedAt: row.opened_at,
  closedAt: row.closed_at,
});
