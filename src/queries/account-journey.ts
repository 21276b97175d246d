import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { checkAccount } from './account.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import { Text } from './response-fields.js';
import { JOURNEY_KEYS, journeyPage, JourneyPage, type Order, ORDERS } from './journey-items.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';
import { validAt } from './valid-at.js';
import { sql } from './sql.js';

export class AccountJourneyAnswer extends JourneyPage {
  @Text('The company') accountId!: string;
}

export class FindAccountJourney extends Query<AccountJourneyAnswer> {
  readonly order: Order;
  readonly request: PageRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly accountId: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, ['order', ...PAGE_PARAMETERS]);
    this.order = params.oneOf('order', ORDERS) ?? 'asc';
    this.request = pageRequestOf(workspace, params, {
      name: `account ${accountId}`,
      given,
      shapes: JOURNEY_KEYS,
    });
  }
}

@QueryHandler(FindAccountJourney)
export class FindAccountJourneyHandler implements IQueryHandler<FindAccountJourney> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, accountId, order }: FindAccountJourney): Promise<AccountJourneyAnswer> {
    return this.models.view(request, ['journey', 'opportunities'], async (view) => {
      await checkAccount(view, accountId);
      const whose = sql`j.lead_id IN (
        SELECT p.lead_id FROM touchline.lead_profile p
        WHERE p.workspace = ${view.workspace} AND p.account_id = ${accountId} AND ${validAt('p', view.asOf)})`;
      const page = await journeyPage(view, request, { whose, order });
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, accountId, ...page };
    });
  }
}
