import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import type { RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import { ContentRevenueAnswer } from './content-revenue-answer.js';
import { FindContentRevenue } from './content-revenue.js';

const DESCRIPTION = `
From one content to revenue: its credit by every stored model, the opportunities that it is on the way of, the buying stages in which it is met,
the contents before and after it, how often leads advance with and without it, and win rate and days to close with and without
it. \`from\` and \`to\` choose opportunities by the metric, touches, and opportunities by their close for \`outcomes\`.

\`outcomes\` compares by touches before the opening, since opportunities that take longer have more time for touches after it. All of it is an
observation: what is correlated need not be the cause.`;

@ApiTags('Attribution')
@UseGuards(AuthGuard)
@Controller('api/contents/:id/revenue')
export class ContentRevenueController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'Get what a content has to do with revenue',
    description: DESCRIPTION,
    id: 'Id of the content, percent-encoded',
    answer: ContentRevenueAnswer,
    parameters: [
      ...(['metric', 'from', 'to', 'currency', 'withinDays', 'contentLimit', 'asOf', 'minPosition'] as const),
    ],
  })
  find(
    @RequestWorkspace() workspace: string,
    @Param('id') contentId: string,
    @Query() given: RawParams,
  ): Promise<ContentRevenueAnswer> {
    return this.queries.execute(new FindContentRevenue(workspace, contentId, given));
  }
}
