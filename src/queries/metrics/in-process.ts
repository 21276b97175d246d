import { withLedger } from '../credit-ledger.js';
import type { View } from '../read-models.js';
import { allOf, empty, rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { cutColumns } from './cut-columns.js';
import { type OpenHandOffs, openHandOffs } from './hand-offs.js';
import { hasBuyerIn, opportunityColumns, opportunityJoins } from './opportunity-cuts.js';

/** Those of hand-offs and of opportunities. */
export const LOAD_CUTS = ['persona', 'source', 'segment', 'campaign', 'month'] as const;
export type LoadCut = (typeof LOAD_CUTS)[number];

/** What one recipient of leads or owner of opportunities has in process in one cell. */
export interface InProcess {
  /** Null: opportunities without an owner. */
  readonly rep: string | null;
  readonly keys: readonly (string | null)[];
  readonly leads: number;
  readonly rotten: number;
  readonly opportunities: number;
}

/** How the load of reps is cut. */
export interface LoadScope {
  readonly timeZone: string;
  readonly by: readonly LoadCut[];
  readonly segment: string | undefined;
}

/** Each rep and cell once; hand-offs as they stand at an instant. */
export const inProcess = async (view: View, at: Date, scope: LoadScope): Promise<InProcess[]> =>
  inProcessOf(view, scope, await openHandOffs(view, at, { ...scope, by: ['recipient', ...scope.by] }));

/** The same with hand-offs that were read, by recipient and the cuts. */
export async function inProcessOf(
  view: View,
  scope: LoadScope,
  handOffs: readonly OpenHandOffs[],
): Promise<InProcess[]> {
  const opportunities = await openOpportunities(view, scope);
  const leads = handOffs.map(({ keys: [rep = null, ...keys], open, rotten }) => ({
    ...{ rep, keys, leads: open, rotten, opportunities: 0 },
  }));
  const owned = opportunities.map(({ count, ...cell }) => ({
    ...cell,
    ...{ leads: 0, rotten: 0, opportunities: count },
  }));
  return sumsBy([...leads, ...owned], ({ rep, keys }) => JSON.stringify([rep, keys]));
}

/** Sums of equal names, each with rep and keys of its first. */
export function sumsBy(cells: readonly InProcess[], nameOf: (cell: InProcess) => string): InProcess[] {
  const sums = new Map<string, InProcess>();
  for (const cell of cells) {
    const sum = sums.get(nameOf(cell));
    sums.set(nameOf(cell), {
      ...(sum ?? cell),
      leads: cell.leads + (sum?.leads ?? 0),
      rotten: cell.rotten + (sum?.rotten ?? 0),
      opportunities: cell.opportunities + (sum?.opportunities ?? 0),
    });
  }
  return [...sums.values()];
}

interface OwnedCell {
  readonly rep: string | null;
  readonly keys: readonly (string | null)[];
  readonly count: number;
}

async function openOpportunities(view: View, { timeZone, by, segment }: LoadScope): Promise<OwnedCell[]> {
  const { workspace, asOf } = view;
  const isCut = by.length > 0 || segment !== undefined;
  const joins = isCut
    ? await opportunityJoins(await withLedger(view, { metric: 'pipeline', models: [] }), { by, segment })
    : empty;
  const cut = cutColumns(by, opportunityColumns(timeZone, 'opened_at'));
  return rows<OwnedCell>(
    view.tx,
    sql`
    SELECT rep, ${cut.keys} AS keys, count(*)::int AS count
    FROM (SELECT ${cut.select} o.owner AS rep FROM touchline.opportunity o ${joins}
          WHERE ${allOf([
            sql`o.workspace = ${workspace} AND ${validAt('o', asOf)} AND o.status = 'open'`,
            hasBuyerIn(view, segment),
          ])}) o
    GROUP BY ${cut.names} rep`,
  );
}
