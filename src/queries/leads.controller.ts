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
import { FindLeadSegments, LeadSegmentsAnswer } from './lead-segments.js';
import { QueryDocs } from './query-docs.js';
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
  @QueryDocs({
    summary: 'List leads',
    answer: LeadsAnswer,
    parameters: [
      'email',
      'accountId',
      'stage',
      'lifecycle',
      'minScore',
      'persona',
      'segment',
      'sort',
      ...PAGE,
    ],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<LeadsAnswer> {
    return this.queries.execute(new FindLeads(workspace, given));
  }

  @Get(':id')
  @QueryDocs({ summary: 'Get a lead', id, answer: LeadAnswer, parameters: MOMENT })
  findOne(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadAnswer> {
    return this.queries.execute(new FindLead(workspace, named, given));
  }

  @Get(':id/journey')
  @QueryDocs({
    summary: 'List the touchpoints of a lead, with stage and score after each',
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
  @QueryDocs({
    summary: 'Get the score of a lead with its ledger',
    id,
    answer: LeadScoreAnswer,
    parameters: PAGE,
  })
  score(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadScoreAnswer> {
    return this.queries.execute(new FindLeadScore(workspace, named, given));
  }

  @Get(':id/stages')
  @QueryDocs({
    summary: 'List the stage changes of a lead',
    id,
    answer: LeadStagesAnswer,
    parameters: MOMENT,
  })
  stages(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadStagesAnswer> {
    return this.queries.execute(new FindLeadStages(workspace, named, given));
  }

  @Get(':id/segments')
  @QueryDocs({
    summary: 'List the segments that a lead is and was in',
    id,
    answer: LeadSegmentsAnswer,
    parameters: MOMENT,
  })
  segments(
    @RequestWorkspace() workspace: string,
    @Param('id') named: string,
    @Query() given: RawParams,
  ): Promise<LeadSegmentsAnswer> {
    return this.queries.execute(new FindLeadSegments(workspace, named, given));
  }

  @Get(':id/explain')
  @QueryDocs({
    summary: 'Explain the state of a lead',
    description:
      'Returns the rules and events behind identity, account, persona, grade, stage, score and lifecycle.',
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
