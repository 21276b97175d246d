import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import type { RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import { AttentionAnswer } from './attention-answer.js';
import { FindAttention } from './attention.js';

const DESCRIPTION = `
What to do today: leads that rot or are about to, qualified leads that nobody takes, recipients over capacity, stages in which leads stay
longer than usual, stages without content, and, unless \`asOf\` is given, projections behind the log, webhooks that fail and rejected
input that rises. Of each kind \`perKind\` items, most urgent first, and the number of all. docs/attention.md has the order and the rules.`;

@ApiTags('Planning')
@UseGuards(AuthGuard)
@Controller('api/attention')
export class AttentionController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'Get what needs attention today, most urgent first',
    description: DESCRIPTION,
    answer: AttentionAnswer,
    parameters: ['attentionKinds', 'attentionRep', 'perKind', 'attentionAt', 'asOf', 'minPosition'],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<AttentionAnswer> {
    return this.queries.execute(new FindAttention(workspace, given));
  }
}
