import { distribute, inCurrency, type Reporting } from '../domain/attribution/money.js';
import { ATTRIBUTION_SHARE, type ShareRow } from '../read-models/attribution/records.js';
import { inScope } from './paths-in-scope.js';
import type { CreditView } from './credit-ledger.js';
import type { View } from './read-models.js';
import type { ModelName, ReportScope } from './report-scope.js';
import { raw, rows, sql } from './sql.js';

/** Columns of touchline.attribution_path that stay as they are. */
const OTHER_COLUMNS = raw(
  [
    ...[
      'path_id',
      'workspace',
      'opportunity_id',
      'metric',
      'credited_at',
      'currency',
      'amount_minor',
      'committee',
    ],
    ...['event_ids', 'lead_ids', 'occurred_at', 'milestones', 'content_ids', 'content_titles', 'channels'],
    ...['campaigns', 'sources', 'content_stages', 'digest', 'known_from', 'superseded_at'],
  ]
    .map((column) => `stored.${column}`)
    .join(', '),
);

/**
 * The credit ledger in the currency of a report: as it is when that is the journey model's, else with the amounts of the opportunities in
 * scope converted at the rates of their reference days, and shared out again as their credits are.
 */
export async function inReportCurrency(
  view: CreditView,
  scope: ReportScope,
  models: readonly ModelName[],
): Promise<CreditView> {
  const reporting = reportingOf(view);
  if (reporting === undefined || scope.currency === reporting.currency) return view;
  const amounts = await convertedAmounts(view, scope, reporting);
  const shares = await convertedShares(view, amounts, models);
  const [ids, minors] = [
    [...amounts.keys()],
    [...amounts.values()].map((minor) => minor?.toString() ?? null),
  ];
  return {
    ...view,
    ledger: {
      paths: sql`(
        SELECT ${OTHER_COLUMNS}, CASE WHEN converted.minor IS NOT NULL THEN ${scope.currency}::text END AS reported_currency,
               converted.minor AS reported_minor
        FROM ${view.ledger.paths} stored
        LEFT JOIN unnest(${ids}::bigint[], ${minors}::bigint[]) AS converted (path_id, minor)
          ON converted.path_id = stored.path_id)`,
      shares: sql`(SELECT * FROM json_populate_recordset(NULL::touchline.attribution_share, ${ATTRIBUTION_SHARE.toJson(shares)}))`,
    },
  };
}

export const reportingOf = ({ model }: Pick<View, 'model'>): Reporting | undefined => model?.data.document;

/** Minor units by path; null: its currency has no rate at the reference day. */
async function convertedAmounts(
  view: CreditView,
  scope: ReportScope,
  reporting: Reporting,
): Promise<Map<string, bigint | null>> {
  const found = await rows<{ id: string; currency: string; amount: string; at: Date }>(
    view.tx,
    sql`SELECT p.path_id AS id, p.currency, p.amount_minor AS amount, p.credited_at AS at
        FROM ${view.ledger.paths} p WHERE ${inScope(view, scope)}`,
  );
  return new Map(
    found.map(({ id, currency, amount, at }) => [
      id,
      inCurrency(BigInt(amount), currency, at, { to: scope.currency, reporting }) ?? null,
    ]),
  );
}

interface StoredShare {
  readonly path_id: string;
  readonly model: ModelName;
  readonly weights: number[];
  readonly amounts: string[];
  readonly marks: number[];
}

async function convertedShares(
  { tx, workspace, ledger }: CreditView,
  amounts: ReadonlyMap<string, bigint | null>,
  models: readonly ModelName[],
): Promise<ShareRow[]> {
  const found = await rows<StoredShare>(
    tx,
    sql`SELECT s.path_id, s.model, s.weights, s.amounts, s.marks FROM ${ledger.shares} s
        WHERE s.path_id = ANY(${[...amounts.keys()]}::bigint[]) AND s.model = ANY(${models}::text[])`,
  );
  return found.map(({ path_id: id, model, weights, amounts: own, marks }) => {
    const credits = own.map(BigInt);
    return {
      ...{ pathId: BigInt(id), workspace, model, weights, marks },
      amounts: credits,
      reported: reportedOf(amounts.get(id) ?? null, credits),
    };
  });
}

/** A converted amount, shared out as its credits are; those of an opportunity without an amount are 0 in any currency. */
function reportedOf(minor: bigint | null, credits: readonly bigint[]): bigint[] | null {
  if (minor === null) return null;
  return credits.every((credit) => credit === 0n) ? [...credits] : distribute(minor, credits);
}
