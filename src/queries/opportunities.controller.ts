import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { FindOpportunities, OpportunitiesAnswer } from './opportunities.js';
import { FindOpportunity, OpportunityAnswer } from './opportunity.js';
import { FindOpportunityAttribution, OpportunityAttributionAnswer } from './opportunity-attribution.js';
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
    answer: OpportunityAttributionAnswer,
    parameters: ['metric', 'asOf', 'minPosition'],
  })
  attribution(
    @RequestWorkspace() workspace: string,
    @Param('id') opportunityId: string,
    @Query() given: RawParams,
  ): Promise<OpportunityAttributionAnswer> {
    return this.queries.execute(new FindOpportunityAttribution(workspace, opportunityId, given));
  }
}
