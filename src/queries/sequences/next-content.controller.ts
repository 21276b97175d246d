import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import type { RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import { NextContentAnswer } from './next-content-answer.js';
import { FindNextContent } from './next-content.js';

const DESCRIPTION = `
Contents that came next in similar journeys, with the share of them that moved to a later buying stage within \`withinDays\`. A journey is the stay of
a lead of the persona in the stage, from a touch in it on; a move that the touch itself causes does not count. Those with a content
are followed from its first touch, those without it from their first.

With \`after\`, or for a lead with its last content, similar are the journeys that went on from that content, each to one next content;
where they are fewer than 10, \`similarity\` is \`stage\` and all journeys count. What a lead has seen already is not proposed.`;

@ApiTags('Attribution')
@UseGuards(AuthGuard)
@Controller('api/contents/next')
export class NextContentController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'List the contents that came next in similar journeys, by conversion',
    description: DESCRIPTION,
    answer: NextContentAnswer,
    parameters: [
      ...(['nextPersona', 'nextStage', 'afterContent', 'forLead', 'withinDays', 'from', 'to'] as const),
      ...(['contentLimit', 'asOf', 'minPosition'] as const),
    ],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<NextContentAnswer> {
    return this.queries.execute(new FindNextContent(workspace, given));
  }
}
