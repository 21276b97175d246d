import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Problem } from '../http/problem.js';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import { Answer, MaybeInstant, MaybeText, NestedList, Decimal, Text, Integer } from './response-fields.js';
import { leadRows, scoreNow } from './lead-rows.js';
import { OpportunityItem, opportunityItem, opportunityRows } from './opportunity-rows.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import { validAt } from './valid-at.js';
import { firstRow, rows, sql } from './sql.js';

export class AccountStage {
  @MaybeText('Buying stage; null: before the first') stage!: string | null;
  @Integer('Number of leads in the stage') leads!: number;
}

export class AccountAnswer extends Answer {
  @Text('Id of the company; without one, its e-mail domain') accountId!: string;
  @MaybeText('Name, as reported by a client or the CRM') name!: string | null;
  @MaybeText('Registrable domain; leads with an e-mail address of it belong to the account') domain!:
    string | null;
  @Integer('Leads; GET /api/leads?accountId= lists them') leads!: number;
  @Integer('Of these, known by a key other than an anonymous id') knownLeads!: number;
  @Integer('Touchpoints of all leads') touchpoints!: number;
  @Decimal('Sum of the scores of all leads, two decimals') score!: number;
  @MaybeInstant('First touchpoint of any lead') firstTouchAt!: Date | null;
  @MaybeInstant('Last touchpoint of any lead') lastTouchAt!: Date | null;
  @NestedList('Leads by buying stage', () => AccountStage) stages!: AccountStage[];
  @NestedList('Opportunities, newest first', () => OpportunityItem) opportunities!: OpportunityItem[];
}

export class FindAccount extends Query<AccountAnswer> {
  readonly request: ReadRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly accountId: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindAccount)
export class FindAccountHandler implements IQueryHandler<FindAccount> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, accountId }: FindAccount): Promise<AccountAnswer> {
    return this.models.view(request, ['journey', 'opportunities'], async (view) => {
      await checkAccount(view, accountId);
      const named = await observed(view, accountId);
      const stages = await peopleByStage(view, accountId);
      const opportunities = await opportunityRows(view, sql`o.account_id = ${accountId}`);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        accountId,
        name: named?.name ?? null,
        domain: named?.domain ?? null,
        ...together(stages),
        stages: stages.map(({ stage, leads }) => ({ stage, leads })),
        opportunities: opportunities.map(opportunityItem),
      };
    });
  }
}

/**
 * An account exists if it was observed, or if a lead or an opportunity belongs to it.
 *
 * @throws Problem 404 `account-not-found`
 */
export async function checkAccount({ tx, workspace, asOf }: View, accountId: string): Promise<void> {
  const query = sql`
    SELECT 1 AS one FROM touchline.account a
    WHERE a.workspace = ${workspace} AND a.account_id = ${accountId} AND ${validAt('a', asOf)}
    UNION ALL
    SELECT 1 FROM touchline.lead_profile p
    WHERE p.workspace = ${workspace} AND p.account_id = ${accountId} AND ${validAt('p', asOf)}
    UNION ALL
    SELECT 1 FROM touchline.opportunity o
    WHERE o.workspace = ${workspace} AND o.account_id = ${accountId} AND ${validAt('o', asOf)}
    LIMIT 1`;
  if (!accountId.includes('\0') && (await firstRow(tx, query))) return;
  throw new Problem(404, 'account-not-found', `The account ${accountId} does not exist at position ${asOf}`);
}

const observed = ({ tx, workspace, asOf }: View, accountId: string) =>
  firstRow<{ name: string | null; domain: string | null }>(
    tx,
    sql`
    SELECT a.name, a.domain FROM touchline.account a
    WHERE a.workspace = ${workspace} AND a.account_id = ${accountId} AND ${validAt('a', asOf)}`,
  );

interface StageRow {
  stage: string | null;
  leads: number;
  known: number;
  touchpoints: number;
  score: string;
  first_touch_at: Date | null;
  last_touch_at: Date | null;
}

/** Sums of decimals: adding up doubles would depend on the order of the rows. */
const peopleByStage = async (view: View, accountId: string): Promise<StageRow[]> =>
  rows<StageRow>(
    view.tx,
    sql`
    SELECT l.stage, count(*)::int AS leads, count(*) FILTER (WHERE l.known)::int AS known,
           sum(l.touchpoints)::int AS touchpoints, sum((${scoreNow(view, 'l')})::numeric) AS score,
           min(l.first_touch_at) AS first_touch_at, max(l.last_touch_at) AS last_touch_at
    FROM (${await leadRows(view)}) l
    WHERE l.account_id = ${accountId}
    GROUP BY l.stage
    ORDER BY l.stage COLLATE "C" NULLS FIRST`,
  );

function together(stages: readonly StageRow[]) {
  const sum = (of: (row: StageRow) => number): number => stages.reduce((total, row) => total + of(row), 0);
  const times = (of: (row: StageRow) => Date | null): Date[] =>
    stages.flatMap((row) => of(row) ?? []).sort((a, b) => +a - +b);
  return {
    leads: sum(({ leads }) => leads),
    knownLeads: sum(({ known }) => known),
    touchpoints: sum(({ touchpoints }) => touchpoints),
    score: Math.round(sum(({ score }) => Number(score) * 100)) / 100,
    firstTouchAt: times(({ first_touch_at }) => first_touch_at)[0] ?? null,
    lastTouchAt: times(({ last_touch_at }) => last_touch_at).at(-1) ?? null,
  };
}
