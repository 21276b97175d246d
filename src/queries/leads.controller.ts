import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { ExplainLead, LeadExplanation } from './lead-explain.js';
import { FindLeadJourney, LeadJourneyAnswer } from './lead-journey.js';
import { FindLeadScore, LeadScoreAnswer } from './lead-score.js';
import { FindLeadStages, LeadStagesAnswer } from './lead-stages.js';
import { FindLead, LeadAnswer } from './lead.js';
import { FindLeads, LeadsAnswer } from './leads.js';
import type { RawParams } from './params.js';
import { Question } from './question.js';
import { LEAD_ID_FORMS } from './resolve-lead.js';

const MOMENT = ['asOf', 'minPosition'] as const;
const PAGE = ['cursor', 'limit', ...MOMENT] as const;
const id = `The lead: ${LEAD_ID_FORMS}`;

@ApiTags('Leads')
@UseGuards(AuthGuard)
@Controller('api/leads')
export class LeadsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @Question({
    summary: 'Leads by filter',
    answer: LeadsAnswer,
    parameters: ['email', 'accountId', 'stage', 'lifecycle', 'minScore', 'persona', 'sort', ...PAGE],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<LeadsAnswer> {
    return this.queries.execute(new FindLeads(workspace, given));
  }

  @Get(':id')
  @Question({ summary: 'One lead', id, answer: LeadAnswer, parameters: MOMENT })
  findOne(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadAnswer> {
    return this.queries.execute(new FindLead(workspace, named, given));
  }

  @Get(':id/journey')
  @Question({
    summary: 'Its touchpoints, with stage and score after each',
    id,
    answer: LeadJourneyAnswer,
    parameters: ['order', ...PAGE],
  })
  journey(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadJourneyAnswer> {
    return this.queries.execute(new FindLeadJourney(workspace, named, given));
  }

  @Get(':id/score')
  @Question({ summary: 'Its score and the ledger behind it', id, answer: LeadScoreAnswer, parameters: PAGE })
  score(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadScoreAnswer> {
    return this.queries.execute(new FindLeadScore(workspace, named, given));
  }

  @Get(':id/stages')
  @Question({ summary: 'Its moves between buying stages', id, answer: LeadStagesAnswer, parameters: MOMENT })
  stages(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadStagesAnswer> {
    return this.queries.execute(new FindLeadStages(workspace, named, given));
  }

  @Get(':id/explain')
  @Question({
    summary: 'Why the lead is who and where it is',
    description:
      'Opens identity, account, persona, grade, stage, score and lifecycle down to rules and events.',
    id,
    answer: LeadExplanation,
    parameters: MOMENT,
  })
  explain(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadExplanation> {
    return this.queries.execute(new ExplainLead(workspace, named, given));
  }
}
