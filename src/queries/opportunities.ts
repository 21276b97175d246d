import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf, pageOf } from './page-request.js';
import { ANY_TEXT, INSTANT } from './cursor.js';
import { PageAnswer, NestedList } from './response-fields.js';
import { OpportunityItem, opportunityItem, opportunityRows, STATUSES } from './opportunity-rows.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';
import { allOf, raw, sql, type Sql } from './sql.js';

export class OpportunitiesAnswer extends PageAnswer {
  @NestedList('Opportunities, the latest opened first', () => OpportunityItem) items!: OpportunityItem[];
}

export class FindOpportunities extends Query<OpportunitiesAnswer> {
  readonly status: string | undefined;
  readonly accountId: string | undefined;
  readonly owner: string | undefined;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['status', 'accountId', 'owner', ...PAGE_PARAMETERS]);
    this.status = params.oneOf('status', STATUSES);
    this.accountId = params.text('accountId');
    this.owner = params.text('owner');
    this.request = pageRequestOf(workspace, params, {
      name: 'opportunities',
      given,
      shapes: [INSTANT, ANY_TEXT],
    });
  }
}

@QueryHandler(FindOpportunities)
export class FindOpportunitiesHandler implements IQueryHandler<FindOpportunities> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute(query: FindOpportunities): Promise<OpportunitiesAnswer> {
    const { request } = query;
    return this.models.view(request, ['opportunities'], async (view) => {
      const found = await opportunityRows(view, conditions(query), request.limit + 1);
      const { page, next } = pageOf(request, view, found, (row) => [
        row.opened_at.toISOString(),
        row.opportunity_id,
      ]);
      const items = page.map(opportunityItem);
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, items, next };
    });
  }
}

function conditions({ status, accountId, owner, request: { after } }: FindOpportunities): Sql {
  const is = (column: string, value: string | undefined): Sql | undefined =>
    value === undefined ? undefined : sql`o.${raw(column)} = ${value}`;
  const [at, id] = after ?? [];
  const beyond = sql`(o.opened_at < ${at} OR (o.opened_at = ${at} AND o.opportunity_id COLLATE "C" > ${id}))`;
  return allOf([
    is('status', status),
    is('account_id', accountId),
    is('owner', owner),
    after ? beyond : undefined,
  ]);
}
