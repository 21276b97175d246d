import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import { Uuid } from './response-fields.js';
import { JOURNEY_KEYS, journeyPage, JourneyPage, type Order, ORDERS } from './journey-items.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';
import { sql } from './sql.js';
import { resolveLead } from './resolve-lead.js';

export class LeadJourneyAnswer extends JourneyPage {
  @Uuid('The lead') leadId!: string;
}

export class FindLeadJourney extends Query<LeadJourneyAnswer> {
  readonly order: Order;
  readonly request: PageRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly named: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, ['order', ...PAGE_PARAMETERS]);
    this.order = params.oneOf('order', ORDERS) ?? 'asc';
    this.request = pageRequestOf(workspace, params, {
      name: `journey ${named}`,
      given,
      shapes: JOURNEY_KEYS,
    });
  }
}

@QueryHandler(FindLeadJourney)
export class FindLeadJourneyHandler implements IQueryHandler<FindLeadJourney> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, named, order }: FindLeadJourney): Promise<LeadJourneyAnswer> {
    return this.models.view(request, ['journey'], async (view) => {
      const leadId = await resolveLead(view, named);
      const whose = sql`j.lead_id = ${leadId}::uuid`;
      const page = await journeyPage(view, request, { whose, order });
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, leadId, ...page };
    });
  }
}
