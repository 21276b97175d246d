import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { FindHandOffs, HandOffsAnswer } from './hand-offs.js';
import type { RawParams } from './params.js';
import { QueryDocs } from './query-docs.js';
import { FindUnroutableLeads, UnroutableLeadsAnswer } from './unroutable-leads.js';

const PAGE = ['at', 'cursor', 'limit', 'asOf', 'minPosition'] as const;

@ApiTags('Hand-offs')
@UseGuards(AuthGuard)
@Controller('api/handoffs')
export class HandOffsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'List hand-offs of leads to salespeople, partners and distributors',
    description:
      'First due first, each with what sales want to know of the lead. Without `state` the open ones, which is the queue of a recipient.',
    answer: HandOffsAnswer,
    parameters: ['rep', 'handOffState', 'clock', ...PAGE],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<HandOffsAnswer> {
    return this.queries.execute(new FindHandOffs(workspace, given));
  }

  @Get('unroutable')
  @QueryDocs({
    summary: 'List qualified leads that nobody can take',
    description:
      'Longest waiting first, each with the reason. They are routed again when another lead is closed, a model is published, and every minute.',
    answer: UnroutableLeadsAnswer,
    parameters: PAGE,
  })
  unroutable(
    @RequestWorkspace() workspace: string,
    @Query() given: RawParams,
  ): Promise<UnroutableLeadsAnswer> {
    return this.queries.execute(new FindUnroutableLeads(workspace, given));
  }
}
