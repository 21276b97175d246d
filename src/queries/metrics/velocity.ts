import { Controller, Get, Inject, Query as QueryString, UseGuards } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { money, toReportingCurrency } from '../../domain/attribution/money.js';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import { shareOf, UnconvertedItem } from '../attribution.js';
import {
  Answer,
  MaybeInstant,
  MaybeNested,
  MaybeDecimal,
  Nested,
  NestedList,
  Decimal,
  Text,
  Integer,
} from '../response-fields.js';
import { MoneyItem } from '../money.js';
import { POSITION_PARAMETERS, readRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import { type ReadRequest, ReadModels, type View } from '../read-models.js';
import { type ReportScope, resolveScope, type ScopeQuery } from '../report-scope.js';
import { allOf, firstRow, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import type { Metric } from './metric.js';

export class DaysToWin {
  @Decimal('Lower quartile') p25!: number;
  @Decimal('Median') median!: number;
  @Decimal('Upper quartile') p75!: number;
}

export class VelocityAnswer extends Answer {
  @Text('Currency of all sums: that of the journey model') currency!: string;
  @MaybeInstant('Start by closedAt, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @Integer('Opportunities won in the period') won!: number;
  @Integer('Opportunities lost in the period') lost!: number;
  @MaybeDecimal('won / (won + lost), six decimals; null: none was closed') winRate!: number | null;
  @Nested('Amount of the won ones, as in reports of revenue', () => MoneyItem) revenue!: MoneyItem;
  @MaybeNested('Revenue per won opportunity; null: none was won', () => MoneyItem)
  revenuePerSale!: MoneyItem | null;
  @MaybeNested(
    'Days from opening to close of the won ones, two decimals; null: none was won',
    () => DaysToWin,
  )
  daysToWin!: DaysToWin | null;
  @NestedList(
    'Won opportunities that are in no sum, since their currency has no published rate',
    () => UnconvertedItem,
  )
  unconverted!: UnconvertedItem[];
}

class FindVelocity extends Query<VelocityAnswer> {
  readonly scope: ScopeQuery;
  readonly request: ReadRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['from', 'to', 'currency', ...POSITION_PARAMETERS]);
    const [from, to] = [params.dayOrInstant('from'), params.dayOrInstant('to')];
    this.scope = { metric: 'revenue', from, to, currency: params.text('currency') };
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindVelocity)
class FindVelocityHandler implements IQueryHandler<FindVelocity> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute(query: FindVelocity): Promise<VelocityAnswer> {
    return this.models.view(query.request, ['opportunities'], async (view) => {
      const scope = await resolveScope(view, query.scope);
      const { won, lost, daysToWin } = await closedIn(view, scope);
      const { revenue, converted, unconverted } = sumOf(await wonAmounts(view, scope), view, scope);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        currency: scope.currency,
        from: scope.from,
        to: scope.to,
        won,
        lost,
        winRate: won + lost === 0 ? null : shareOf(BigInt(won), BigInt(won + lost)),
        revenue: money(revenue, scope.currency),
        revenuePerSale: converted === 0n ? null : money(perSale(revenue, converted), scope.currency),
        daysToWin,
        unconverted,
      };
    });
  }
}

@ApiTags('Metrics')
@UseGuards(AuthGuard)
@Controller('api/metrics/velocity')
class VelocityController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'Get win rate, revenue and sales cycle of closed opportunities',
    description: 'For the opportunities closed in a period. `revenue` is the total of the report.',
    answer: VelocityAnswer,
    parameters: ['from', 'to', 'currency', 'asOf', 'minPosition'],
  })
  find(@RequestWorkspace() workspace: string, @QueryString() given: RawParams): Promise<VelocityAnswer> {
    return this.queries.execute(new FindVelocity(workspace, given));
  }
}

export const velocity: Metric = { controller: VelocityController, handler: FindVelocityHandler };

const closed = ({ workspace, asOf }: View, { from, to }: ReportScope): Sql =>
  allOf([
    sql`o.workspace = ${workspace} AND ${validAt('o', asOf)}`,
    from ? sql`o.closed_at >= ${from}` : undefined,
    to ? sql`o.closed_at < ${to}` : undefined,
  ]);

interface ClosedRow {
  won: number;
  lost: number;
  days: readonly [p25: number, median: number, p75: number] | null;
}

/** Percentiles between two opportunities are interpolated, as SQL's percentile_cont does. */
async function closedIn(view: View, scope: ReportScope) {
  const query = sql`
    SELECT count(*) FILTER (WHERE o.status = 'won')::int AS won, count(*) FILTER (WHERE o.status = 'lost')::int AS lost,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (
             ORDER BY extract(epoch FROM o.closed_at - o.opened_at)::float8 / 86400) FILTER (WHERE o.status = 'won') AS days
    FROM touchline.opportunity o
    WHERE ${closed(view, scope)}`;
  const { won = 0, lost = 0, days = null } = (await firstRow<ClosedRow>(view.tx, query)) ?? {};
  const [p25, median, p75] = days?.map((value) => Math.round(value * 100) / 100) ?? [];
  const isKnown = p25 !== undefined && median !== undefined && p75 !== undefined;
  return { won, lost, daysToWin: isKnown ? { p25, median, p75 } : null };
}

interface WonRow {
  opportunity_id: string;
  amount_minor: string;
  currency: string;
  closed_at: Date;
}

const wonAmounts = (view: View, scope: ReportScope): Promise<WonRow[]> =>
  rows<WonRow>(
    view.tx,
    sql`
    SELECT o.opportunity_id, o.amount_minor, o.currency, o.closed_at
    FROM touchline.opportunity o
    WHERE ${closed(view, scope)} AND o.status = 'won'
    ORDER BY o.currency, o.opportunity_id COLLATE "C"`,
  );

/** Each amount is converted by itself, by the rate of its close, as the credit ledger does. */
function sumOf(won: readonly WonRow[], { model }: View, { currency, timeZone }: ReportScope) {
  const reporting = { currency, timeZone, rates: model?.data.document.rates ?? [] };
  const sums = { revenue: 0n, converted: 0n };
  const without: WonRow[] = [];
  for (const row of won) {
    const amount = toReportingCurrency(BigInt(row.amount_minor), row.currency, row.closed_at, reporting);
    if (amount === undefined) without.push(row);
    else {
      sums.revenue += amount;
      sums.converted += 1n;
    }
  }
  const unconverted = [...Map.groupBy(without, (row) => row.currency)].map(([of, all]): UnconvertedItem => {
    const total = all.reduce((sum, { amount_minor }) => sum + BigInt(amount_minor), 0n);
    return { currency: of, amount: money(total, of), opportunities: all.map((row) => row.opportunity_id) };
  });
  return { ...sums, unconverted };
}

/** In minor units, half up. */
const perSale = (revenue: bigint, sales: bigint): bigint => (2n * revenue + sales) / (2n * sales);
