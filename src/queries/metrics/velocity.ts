import { money } from '../../domain/attribution/money.js';
import { shareOf, slice, UnconvertedItem } from '../attribution.js';
import { cellName, cellNames } from '../cell-names.js';
import { withLedger } from '../credit-ledger.js';
import { MoneyItem, moneyOf } from '../money.js';
import type { RawParams } from '../params.js';
import type { View } from '../read-models.js';
import {
  Decimal,
  Enums,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  MaybeTexts,
  Nested,
  NestedList,
  Text,
} from '../response-fields.js';
import {
  CUT_PARAMETERS,
  CutAnswer,
  type CutRequest,
  cutRequestOf,
  cutsOf,
  resolveCuts,
} from './cut-request.js';
import { type ClosedCell, closedCells, perSale, unconvertedSales } from './closed-cells.js';
import { OPPORTUNITY_CUTS, type OpportunityCut } from './opportunity-cuts.js';
import { defineMetric } from './metric.js';

export class DaysToWin {
  @Decimal('Lower quartile') p25!: number;
  @Decimal('Median') median!: number;
  @Decimal('Upper quartile') p75!: number;
}

const WIN_RATE = 'won / (won + lost), six decimals; null: none was closed';
const DAYS = 'Days from opening to close of the won ones, two decimals; null: none was won';

export class VelocityItem {
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Label for display: names of persona and campaign, else the key, or "(none)"') label!: string;
  @Integer('Opportunities won in the period') won!: number;
  @Integer('Opportunities lost in the period') lost!: number;
  @MaybeDecimal(WIN_RATE) winRate!: number | null;
  @Nested('Amount of the won ones', () => MoneyItem) revenue!: MoneyItem;
  @MaybeNested('Revenue per won opportunity; null: none was won', () => MoneyItem)
  revenuePerSale!: MoneyItem | null;
  @MaybeNested(DAYS, () => DaysToWin) daysToWin!: DaysToWin | null;
}

class VelocityAnswer extends CutAnswer {
  @Text('Currency of all sums: that of the journey model') currency!: string;
  @MaybeInstant('Start by closedAt, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @Integer('Opportunities won in the period') won!: number;
  @Integer('Opportunities lost in the period') lost!: number;
  @MaybeDecimal(WIN_RATE) winRate!: number | null;
  @Nested('Amount of the won ones, as in reports of revenue', () => MoneyItem) revenue!: MoneyItem;
  @MaybeNested('Revenue per won opportunity; null: none was won', () => MoneyItem)
  revenuePerSale!: MoneyItem | null;
  @MaybeNested(DAYS, () => DaysToWin) daysToWin!: DaysToWin | null;
  @NestedList(
    'Won opportunities that are in no sum, since their currency has no published rate',
    () => UnconvertedItem,
  )
  unconverted!: UnconvertedItem[];
  @Enums('Cuts', OPPORTUNITY_CUTS) by!: OpportunityCut[];
  @NestedList('By the cuts, highest revenue first; by time if the first cut is the month', () => VelocityItem)
  rows!: VelocityItem[];
}
export type { VelocityAnswer };

type Asked = CutRequest<OpportunityCut> & { readonly currency: string | undefined };

const parse = (workspace: string, given: RawParams): Asked =>
  cutRequestOf(
    workspace,
    given,
    { name: 'velocity', cuts: OPPORTUNITY_CUTS },
    { names: ['currency'], read: (params) => ({ currency: params.text('currency') }) },
  );

async function find(opened: View, asked: Asked): Promise<VelocityAnswer> {
  const { by, segment, request, currency } = asked;
  const scope = await resolveCuts(opened, asked, { metric: 'revenue', currency });
  const view = await withLedger(opened, { metric: 'pipeline', models: [] });
  const [total] = await closedCells(view, scope, { by: [], segment });
  const cells = by.length === 0 ? [] : await closedCells(view, scope, asked);
  const { page, next } = slice(request, view, cells);
  const names = await cellNames(view, by, page);
  const unconverted = await unconvertedSales(view, scope, segment);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...{ currency: scope.currency, from: scope.from, to: scope.to, ...cutsOf(asked) },
    ...salesOf(total, scope.currency),
    unconverted: unconverted.map(({ amount, ...row }) => ({ ...row, amount: moneyOf(amount, row.currency) })),
    rows: page.map((cell) => ({ ...cellName(cell, by, names), ...salesOf(cell, scope.currency) })),
    next,
  };
}

type Sales = Omit<VelocityItem, 'key' | 'keys' | 'label'>;

function salesOf(cell: ClosedCell | undefined, currency: string): Sales {
  const { won = 0, lost = 0, converted = 0, days = null } = cell ?? {};
  const revenue = BigInt(cell?.revenue ?? 0);
  const [p25, median, p75] = days?.map((value) => Math.round(value * 100) / 100) ?? [];
  const isKnown = p25 !== undefined && median !== undefined && p75 !== undefined;
  return {
    won,
    lost,
    winRate: won + lost === 0 ? null : shareOf(BigInt(won), BigInt(won + lost)),
    revenue: money(revenue, currency),
    revenuePerSale: converted === 0 ? null : money(perSale(revenue, BigInt(converted)), currency),
    daysToWin: isKnown ? { p25, median, p75 } : null,
  };
}

const DESCRIPTION = `
Win rate, revenue, revenue per sale and sales cycle of the opportunities closed in a period. \`revenue\` is the total of the attribution
report. By \`persona\`: of the buyer whose touch was the last before the opening; by \`campaign\`: the last one among the touches before the
opening; by \`segment\`: those that a buyer with a touch before the opening is in at the position; \`source\` and \`owner\` are the
opportunity's own; \`month\` is that of its close.

Example: opp-1 of 120,000.00, opened after a demo that Ada, a technical buyer, asked for, was won after 35 days. By persona: technical
1 won, revenue 120,000.00, revenue per sale 120,000.00, median 35 days.`;

export const velocity = defineMetric({
  name: 'velocity',
  summary: 'Get win rate, revenue per sale and sales cycle of closed opportunities',
  description: DESCRIPTION,
  answer: VelocityAnswer,
  parameters: ['opportunityBy', 'currency', ...CUT_PARAMETERS],
  projections: ['journey', 'opportunities', 'attribution', 'catalogue'],
  parse,
  find,
});
