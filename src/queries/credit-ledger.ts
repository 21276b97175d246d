import { MODEL_NAMES, type ModelName } from '../domain/attribution/models.js';
import { computeCredits, gapsAt } from '../read-models/attribution/gaps.js';
import {
  ATTRIBUTION_PATH,
  ATTRIBUTION_SHARE,
  pathRow,
  shareRows,
} from '../read-models/attribution/records.js';
import type { PathScope } from './report-scope.js';
import type { View } from './read-models.js';
import { raw, sql, type Sql } from './sql.js';

/** Relations in the columns of touchline.attribution_path and touchline.attribution_share. */
export interface CreditLedger {
  readonly paths: Sql;
  readonly shares: Sql;
}

/** A view of read models with the credit ledger at its position. */
export type CreditView = View & { readonly ledger: CreditLedger };

/** What is asked of the ledger; nothing else is computed. */
interface Scope {
  readonly metric?: PathScope['metric'];
  readonly models?: readonly ModelName[];
  readonly opportunityIds?: readonly string[];
}

const STORED: CreditLedger = {
  paths: raw('touchline.attribution_path'),
  shares: raw('touchline.attribution_share'),
};

/** Whether paths are read from their table alone. */
export const hasStoredPaths = ({ ledger }: CreditView): boolean => ledger.paths === STORED.paths;

export const withLedger = async (view: View, scope: Scope): Promise<CreditView> => ({
  ...view,
  ledger: await creditLedger(view, scope),
});

/**
 * The one way to read credits as of a position: the stored versions, but for opportunities with a gap there, whose
 * credits are computed from what they follow from. Computed paths have negative ids.
 */
export async function creditLedger(
  { tx, workspace, asOf }: Pick<View, 'tx' | 'workspace' | 'asOf'>,
  { metric, models = MODEL_NAMES, opportunityIds }: Scope = {},
): Promise<CreditLedger> {
  const gaps = await gapsAt(tx, workspace, asOf);
  const asked = opportunityIds && new Set(opportunityIds);
  const missing = gaps.filter((id) => asked?.has(id) ?? true);
  if (missing.length === 0) return STORED;
  const { paths, settings } = await computeCredits(tx, workspace, asOf, missing);
  const wanted = paths.filter((path) => metric === undefined || path.metric === metric);
  const known = { knownFrom: asOf, supersededAt: null };
  const idOf = (index: number): bigint => BigInt(-1 - index);
  const computed = wanted.map((path, index) => pathRow(idOf(index), path, known));
  const shares = wanted.flatMap((path, index) => shareRows(idOf(index), path, settings, models));
  return {
    paths: sql`(
      SELECT stored.* FROM touchline.attribution_path stored
      WHERE stored.workspace = ${workspace} AND stored.opportunity_id <> ALL (${missing}::text[])
      UNION ALL
      SELECT * FROM json_populate_recordset(NULL::touchline.attribution_path, ${ATTRIBUTION_PATH.toJson(computed)}))`,
    shares: sql`(
      SELECT stored.* FROM touchline.attribution_share stored
      UNION ALL
      SELECT * FROM json_populate_recordset(NULL::touchline.attribution_share, ${ATTRIBUTION_SHARE.toJson(shares)}))`,
  };
}
