import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { CampaignsAnswer, FindCampaigns } from './campaigns.js';
import { ContentsAnswer, FindContents } from './contents.js';
import { FindInvestments, InvestmentsAnswer } from './investments.js';
import type { RawParams } from './params.js';
import { QueryDocs } from './query-docs.js';

@ApiTags('Investments')
@UseGuards(AuthGuard)
@Controller('api')
export class CatalogueController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get('contents')
  @QueryDocs({
    summary: 'List catalogued contents',
    answer: ContentsAnswer,
    parameters: ['cursor', 'limit', 'asOf', 'minPosition'],
  })
  contents(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<ContentsAnswer> {
    return this.queries.execute(new FindContents(workspace, given));
  }

  @Get('campaigns')
  @QueryDocs({
    summary: 'List defined campaigns',
    answer: CampaignsAnswer,
    parameters: ['cursor', 'limit', 'asOf', 'minPosition'],
  })
  campaigns(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<CampaignsAnswer> {
    return this.queries.execute(new FindCampaigns(workspace, given));
  }

  @Get('investments')
  @QueryDocs({
    summary: 'List investments',
    description: 'With `from` and `to`: those whose period has a day in common with it.',
    answer: InvestmentsAnswer,
    parameters: [
      ...(['fromDay', 'toDay', 'forSource', 'forCampaign', 'forChannel', 'forContent'] as const),
      ...(['cursor', 'limit', 'asOf', 'minPosition'] as const),
    ],
  })
  investments(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<InvestmentsAnswer> {
    return this.queries.execute(new FindInvestments(workspace, given));
  }
}
