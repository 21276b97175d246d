import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { FindOpportunities, OpportunitiesAnswer } from './opportunities.js';
import { FindOpportunity, OpportunityAnswer } from './opportunity.js';
import { OpportunityAttributionAnswer } from './opportunity-attribution-items.js';
import { FindOpportunityAttribution } from './opportunity-attribution.js';
import { MODEL_OPTION_PARAMETERS } from './attribution-parameters.js';
import type { RawParams } from './params.js';
import { QueryDocs } from './query-docs.js';

const id = 'Id of the opportunity in the CRM';

@ApiTags('Opportunities')
@UseGuards(AuthGuard)
@Controller('api/opportunities')
export class OpportunitiesController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'List opportunities',
    answer: OpportunitiesAnswer,
    parameters: ['status', 'accountId', 'owner', 'cursor', 'limit', 'asOf', 'minPosition'],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<OpportunitiesAnswer> {
    return this.queries.execute(new FindOpportunities(workspace, given));
  }

  @Get(':id')
  @QueryDocs({
    summary: 'Get an opportunity',
    id,
    answer: OpportunityAnswer,
    parameters: ['asOf', 'minPosition'],
  })
  findOne(
    @RequestWorkspace() workspace: string,
    @Param('id') opportunityId: string,
    @Query() given: RawParams,
  ): Promise<OpportunityAnswer> {
    return this.queries.execute(new FindOpportunity(workspace, opportunityId, given));
  }

  @Get(':id/attribution')
  @QueryDocs({
    summary: 'Get the touches of an opportunity with the credit of each model',
    id,
    description:
      'The credits of each model add up to `attributed`, and this with `unattributed` to `amount`. Models over all paths (`markov`, `shapley`) rest ' +
      'on the report of the metric from `from` to `to`, which the opportunity has to be in.',
    answer: OpportunityAttributionAnswer,
    parameters: ['metric', 'models', ...MODEL_OPTION_PARAMETERS, 'from', 'to', 'asOf', 'minPosition'],
  })
  attribution(
    @RequestWorkspace() workspace: string,
    @Param('id') opportunityId: string,
    @Query() given: RawParams,
  ): Promise<OpportunityAttributionAnswer> {
    return this.queries.execute(new FindOpportunityAttribution(workspace, opportunityId, given));
  }
}
