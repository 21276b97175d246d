import { Controller, Get, Inject, Param, Query, Res, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { FindOpportunities, OpportunitiesAnswer } from './opportunities.js';
import { FindOpportunity, OpportunityAnswer } from './opportunity.js';
import { OpportunityAttributionAnswer } from './opportunity-attribution-items.js';
import { FindOpportunityAttribution } from './opportunity-attribution.js';
import { MODEL_OPTION_PARAMETERS } from './attribution-parameters.js';
import { EntityTag, RequestTag } from './entity-tag.js';
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
    tagged: true,
    parameters: [
      'metric',
      'models',
      ...MODEL_OPTION_PARAMETERS,
      'from',
      'to',
      'ratedCurrency',
      'asOf',
      'minPosition',
    ],
  })
  async attribution(
    @RequestWorkspace() workspace: string,
    @Param('id') opportunityId: string,
    @Query() given: RawParams,
    @RequestTag() tag: EntityTag,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpportunityAttributionAnswer> {
    const query = new FindOpportunityAttribution(workspace, opportunityId, given, tag);
    const answer = await this.queries.execute(query);
    tag.addTo(reply, answer.asOf);
    return answer;
  }
}
