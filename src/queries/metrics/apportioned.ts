import { distribute } from '../../domain/attribution/money.js';
import { INVESTMENT_DIMENSIONS, type InvestmentDimension } from '../../domain/catalogue-events.js';
import { hookCells } from '../engagement/engagement-queries.js';
import type { Engagement, HookCell } from '../engagement/engagement.js';
import type { EarningCell, Investments } from '../invested-cells.js';
import type { View } from '../read-models.js';
import type { ReportScope } from '../report-scope.js';
import { type InvestedTarget, investedTargets, type InvestedCut } from './invested.js';

/** What buyers are, and nothing is invested in by itself. */
export const BUYER_CUTS = ['persona', 'segment'] as const;
export type BuyerCut = (typeof BUYER_CUTS)[number];

interface Apportioned extends Investments {
  /** Invested in what engaged nobody. */
  readonly unapportioned: bigint;
}

/**
 * What is invested in a source, campaign, channel or content is spread over the buyers whom it engaged in the period, each once, as the metric
 * hooks counts them. By credit it could not be: each target would have one ratio for all buyers.
 */
export async function apportionedInvestments(
  view: View,
  engagement: Engagement,
  scope: ReportScope,
  cut: { readonly of: BuyerCut; readonly time: InvestedCut['time'] },
  keysOf: (key: string | null, time: string | null) => EarningCell['keys'],
): Promise<Apportioned> {
  const targets = await investedTargets(view, scope, cut.time);
  const reached = await engagedBuyers(view, engagement, scope, {
    of: cut.of,
    dimensions: INVESTMENT_DIMENSIONS.filter((each) => targets.some(({ dimension }) => dimension === each)),
  });
  const byCell = new Map<string, bigint>();
  let unapportioned = 0n;
  for (const target of targets) {
    const buyers = reached.get(nameOf(target)) ?? [];
    if (buyers.length === 0) unapportioned += BigInt(target.invested);
    for (const { key, minor } of sharesOf(BigInt(target.invested), buyers)) {
      const cell = JSON.stringify(keysOf(key, target.time));
      byCell.set(cell, (byCell.get(cell) ?? 0n) + minor);
    }
  }
  return { byCell, elsewhere: 0n, unapportioned };
}

/** Leads that a target engaged, of one persona or segment. */
interface EngagedBuyers {
  readonly key: string | null;
  readonly buyers: number;
}

/** A credit note is spread as an amount is. */
function sharesOf(
  invested: bigint,
  buyers: readonly EngagedBuyers[],
): { readonly key: string | null; readonly minor: bigint }[] {
  if (buyers.length === 0) return [];
  const shares = distribute(
    invested < 0n ? -invested : invested,
    buyers.map((each) => BigInt(each.buyers)),
  );
  return buyers.map(({ key }, nth) => ({ key, minor: (invested < 0n ? -1n : 1n) * (shares[nth] ?? 0n) }));
}

const nameOf = ({ dimension, target }: Pick<InvestedTarget, 'dimension' | 'target'>): string =>
  JSON.stringify([dimension, target]);

/** By name of the target. */
async function engagedBuyers(
  view: View,
  engagement: Engagement,
  scope: ReportScope,
  { of, dimensions }: { readonly of: BuyerCut; readonly dimensions: readonly InvestmentDimension[] },
): Promise<ReadonlyMap<string, readonly EngagedBuyers[]>> {
  const segmentOrder = view.model?.data.document.segments?.map(({ id }) => id) ?? [];
  const everybody = { persona: undefined, stage: undefined, segment: undefined };
  const found = new Map<string, EngagedBuyers[]>();
  for (const dimension of dimensions) {
    const asked = { ...everybody, by: [dimension, of], segmentOrder };
    const { cells } = await hookCells(view, engagement, scope, asked, ALL);
    for (const [target, ofTarget] of Map.groupBy(cells, ({ keys }) => keys[0] ?? null))
      if (target !== null) found.set(nameOf({ dimension, target }), ofTarget.map(buyersOf));
  }
  return found;
}

const ALL = { start: 0, end: Number.MAX_SAFE_INTEGER };

const buyersOf = ({ keys, buyers }: HookCell): EngagedBuyers => ({ key: keys[1] ?? null, buyers });
