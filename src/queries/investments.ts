import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { INVESTMENT_DIMENSIONS, type InvestmentDimension } from '../domain/catalogue-events.js';
import { tagLabel } from '../domain/label.js';
import { ANY_TEXT } from './cursor.js';
import { MoneyItem, moneyOf } from './money.js';
import { PAGE_PARAMETERS, pageOf, type PageRequest, pageRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { ReadModels, type View } from './read-models.js';
import { Enum, LogPosition, MaybeText, Nested, NestedList, PageAnswer, Text } from './response-fields.js';
import { allOf, rows, sql, type Sql } from './sql.js';
import { validAt } from './valid-at.js';

export class InvestmentItem {
  @Text('Id') investmentId!: string;
  @Nested('Amount of the whole period; negative: a credit note', () => MoneyItem) amount!: MoneyItem;
  @Text("First day, in the workspace's time zone") from!: string;
  @Text('Day after the last one') to!: string;
  @Enum('What it is for', INVESTMENT_DIMENSIONS) dimension!: InvestmentDimension;
  @Text('Which source, campaign, channel or content') value!: string;
  @MaybeText('Note') note!: string | null;
  @LogPosition('Position of the event that recorded it') position!: string;
}

export class InvestmentsAnswer extends PageAnswer {
  @NestedList('Investments, the latest period first', () => InvestmentItem) items!: InvestmentItem[];
}

const DAY = /^\d{4}-\d\d-\d\d$/;

export class FindInvestments extends Query<InvestmentsAnswer> {
  readonly conditions: Sql;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['from', 'to', ...INVESTMENT_DIMENSIONS, ...PAGE_PARAMETERS]);
    const [from, to] = [params.day('from'), params.day('to')];
    const targets = INVESTMENT_DIMENSIONS.map((dimension) => {
      const value = dimension === 'source' ? params.label(dimension, tagLabel) : params.label(dimension);
      return value === undefined ? undefined : sql`i.dimension = ${dimension} AND i.target = ${value}`;
    });
    this.conditions = allOf([
      from === undefined ? undefined : sql`i.period_to > ${from}::date`,
      to === undefined ? undefined : sql`i.period_from < ${to}::date`,
      ...targets,
    ]);
    this.request = pageRequestOf(workspace, params, { name: 'investments', given, shapes: [DAY, ANY_TEXT] });
  }
}

export interface InvestmentRow {
  investment_id: string;
  amount_minor: string;
  currency: string;
  period_from: string;
  period_to: string;
  dimension: InvestmentDimension;
  target: string;
  note: string | null;
  known_from: string;
}

@QueryHandler(FindInvestments)
export class FindInvestmentsHandler implements IQueryHandler<FindInvestments> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, conditions }: FindInvestments): Promise<InvestmentsAnswer> {
    return this.models.view(request, ['catalogue'], async (view) => {
      const found = await investmentRows(view, conditions, request);
      const { page, next } = pageOf(request, view, found, (row) => [row.period_from, row.investment_id]);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        items: page.map(investmentItem),
        next,
      };
    });
  }
}

function investmentRows(
  { tx, workspace, asOf }: View,
  conditions: Sql,
  { after, limit }: PageRequest,
): Promise<InvestmentRow[]> {
  const [from, id] = after ?? [];
  const beyond = sql`(i.period_from < ${from}::date OR (i.period_from = ${from}::date AND i.investment_id COLLATE "C" > ${id}))`;
  return rows<InvestmentRow>(
    tx,
    sql`
    SELECT i.investment_id, i.amount_minor, i.currency, i.period_from::text, i.period_to::text, i.dimension, i.target,
           i.note, i.known_from
    FROM touchline.investment i
    WHERE i.workspace = ${workspace} AND ${validAt('i', asOf)} AND ${conditions} AND ${allOf([after ? beyond : undefined])}
    ORDER BY i.period_from DESC, i.investment_id COLLATE "C"
    LIMIT ${limit + 1}`,
  );
}

export const investmentItem = (row: InvestmentRow): InvestmentItem => ({
  investmentId: row.investment_id,
  amount: moneyOf(row.amount_minor, row.currency),
  from: row.period_from,
  to: row.period_to,
  dimension: row.dimension,
  value: row.target,
  note: row.note,
  position: row.known_from,
});
