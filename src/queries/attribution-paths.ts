import type { CreditView } from './credit-ledger.js';
import { validAt } from './valid-at.js';
import { firstRow, rows, sql } from './sql.js';
import type { Metric, ModelName } from './report-scope.js';

/** The touches of one opportunity as the credit ledger keeps them: one array element each, in the order they happened. */
export interface PathRow {
  path_id: string;
  opportunity_id: string;
  credited_at: Date;
  currency: string;
  amount_minor: string;
  reported_currency: string | null;
  reported_minor: string | null;
  committee: string;
  event_ids: string[];
  lead_ids: string[];
  occurred_at: Date[];
  milestones: (string | null)[];
  content_ids: (string | null)[];
  content_titles: (string | null)[];
  channels: string[];
  campaigns: (string | null)[];
  sources: (string | null)[];
}

/** What one model gives to the touches of a path, element by element. */
export interface ShareRow {
  path_id: string;
  model: string;
  weights: number[];
  amounts: string[];
  reported: string[] | null;
}

/** The path of an opportunity; undefined when it does not count by the metric. */
export const pathOf = (
  { tx, workspace, asOf, ledger }: CreditView,
  { opportunityId, metric }: { readonly opportunityId: string; readonly metric: Metric },
): Promise<PathRow | undefined> =>
  firstRow<PathRow>(
    tx,
    sql`
    SELECT p.* FROM ${ledger.paths} p
    WHERE p.workspace = ${workspace} AND p.opportunity_id = ${opportunityId} AND p.metric = ${metric}
      AND ${validAt('p', asOf)}`,
  );

/** By opportunity. */
export async function pathsOf(
  { tx, workspace, asOf, ledger }: CreditView,
  metric: Metric,
  opportunityIds: readonly string[],
): Promise<ReadonlyMap<string, PathRow>> {
  const query = sql`
    SELECT p.* FROM ${ledger.paths} p
    WHERE p.workspace = ${workspace} AND p.opportunity_id = ANY(${opportunityIds}::text[]) AND p.metric = ${metric}
      AND ${validAt('p', asOf)}`;
  return new Map((await rows<PathRow>(tx, query)).map((row) => [row.opportunity_id, row]));
}

/** What all models give, or one. */
export const sharesOf = (
  { tx, workspace, ledger }: CreditView,
  pathIds: readonly string[],
  model: ModelName | null = null,
): Promise<ShareRow[]> =>
  rows<ShareRow>(
    tx,
    sql`
    SELECT s.path_id, s.model, s.weights, s.amounts, s.reported FROM ${ledger.shares} s
    WHERE s.workspace = ${workspace} AND s.path_id = ANY(${pathIds}::bigint[])
      AND (${model}::text IS NULL OR s.model = ${model})
    ORDER BY s.path_id, s.model COLLATE "C"`,
  );

/** Nine decimals: what comes after them is the rounding of doubles, not a weight. */
export const roundWeight = (weight: number): number => Math.round(weight * 1e9) / 1e9;

export const milestonesOf = (joined: string | null | undefined): string[] => joined?.split('+') ?? [];
