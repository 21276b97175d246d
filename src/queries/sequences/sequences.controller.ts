import { Controller, Get, Inject, Query, Req, Res, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import type { RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import { SequencesAnswer } from './sequence-answer.js';
import { negotiated } from '../tables/negotiated-format.js';
import { SEQUENCE_FORMATS, writeSequences } from './sequence-formats.js';
import { FindSequences } from './sequence-request.js';

const DESCRIPTION = `
Ordered sequences of contents, content types or channels that many opportunities have on their way, with the share of those that were won
with and without each sequence. Other touches may lie between the steps; an opportunity counts once for a sequence; what follows
itself is one step.

By \`revenue\` the journeys are those of opportunities closed in the period, up to the close, won or lost; by \`pipeline\` those of
opportunities opened in the period, up to the opening. Sequences are found by PrefixSpan (Pei et al. 2004), all of them up to
\`searchedLength\` steps. Sorted by conversion or lift, rows are in the order of the lower end of the interval.

It is an observation: what is correlated need not be the cause, and who stays longer has time for more.`;

@ApiTags('Attribution')
@UseGuards(AuthGuard)
@Controller('api/attribution/sequences')
export class SequencesController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'List frequent sequences of contents or channels, with conversion, revenue and lift',
    description: DESCRIPTION,
    answer: SequencesAnswer,
    parameters: [
      ...([
        'sequencesBy',
        'metric',
        'from',
        'to',
        'currency',
        'touchPersona',
        'touchStage',
        'closedOnly',
      ] as const),
      ...([
        'minSupport',
        'minLength',
        'maxLength',
        'sequenceSort',
        'sequenceLimit',
        'sequenceFormat',
      ] as const),
      ...(['asOf', 'minPosition'] as const),
    ],
    formats: ['text/csv', 'application/x-ndjson'],
    negotiated: true,
  })
  async find(
    @RequestWorkspace() workspace: string,
    @Query() asked: RawParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SequencesAnswer | string> {
    const { given } = negotiated(request, asked, SEQUENCE_FORMATS);
    void reply.header('vary', 'accept');
    const query = new FindSequences(workspace, given);
    const answer = await this.queries.execute(query);
    if (query.format === 'json') return answer;
    const { text, headers } = writeSequences(answer, query.format);
    void reply.headers(headers);
    return text;
  }
}
