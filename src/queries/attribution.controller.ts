import { Controller, Get, Inject, Query, Req, Res, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { MODEL_OPTION_PARAMETERS } from './attribution-parameters.js';
import { CompareAnswer } from './attribution-compare-items.js';
import { CompareAttribution } from './attribution-compare.js';
import { DriftAnswer, FindDrift } from './attribution-drift.js';
import { ExplainAttribution } from './attribution-explain.js';
import { AttributionExplanation } from './attribution-explanation.js';
import { AttributionAnswer, FindAttribution, FORMATS } from './attribution.js';
import { EntityTag, RequestTag } from './entity-tag.js';
import type { RawParams } from './params.js';
import { QueryDocs } from './query-docs.js';
import { replyWithReport } from './report-formats.js';
import { negotiated } from './tables/negotiated-format.js';
import { TABLE_MEDIA_TYPES } from './tables/table-formats.js';
import { CATALOGUE_CUTS } from './report-scope.js';

const SCOPE_PARAMETERS = ['reportMetric', 'from', 'to', 'ratedCurrency'] as const;
export const MODEL = ['reportModel', 'preset', ...MODEL_OPTION_PARAMETERS] as const;
export const CELL = [
  ...(['content', 'channel', 'campaign', 'source'] as const),
  ...CATALOGUE_CUTS,
  ...([
    'contentStage',
    'creditedRep',
    'creditedPersona',
    'creditedSegment',
    'creditedOwner',
    'accountSegment',
    'month',
    'week',
    'without',
  ] as const),
] as const;
const PAGE = ['cursor', 'limit', 'asOf', 'minPosition'] as const;

@ApiTags('Attribution')
@UseGuards(AuthGuard)
@Controller('api/attribution')
export class AttributionController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'Get an attribution report by one model',
    description:
      'Shares out the opportunities of a period over the touchpoints of their buying committees and adds up by the cuts. ' +
      '`total = attributed + unattributed`; the rows add up to `selected`. Values of cuts narrow the report down to these cells: ' +
      '`channel=email`; those of `owner`, `accountSegment`, `month` and `week` choose opportunities, and the sums are of these.',
    answer: AttributionAnswer,
    parameters: [...MODEL, 'by', ...CELL, ...SCOPE_PARAMETERS, 'format', ...PAGE],
    formats: TABLE_MEDIA_TYPES,
    negotiated: true,
    tagged: true,
  })
  async report(
    @RequestWorkspace() workspace: string,
    @Query() asked: RawParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AttributionAnswer | Readable | undefined> {
    const { given, tag } = negotiated(request, asked, FORMATS);
    const query = new FindAttribution(workspace, given, tag);
    const answer = await this.queries.execute(query);
    tag.addTo(reply, answer.asOf);
    return replyWithReport(request, reply, answer, query.format);
  }

  @Get('compare')
  @QueryDocs({
    summary: 'Compare attribution models',
    description:
      'The rows of a report under several models side by side, each with the difference from a baseline. Transforms and `player` are of all ' +
      'models. Under each model, its values add up to its `selected`, and `attributed + unattributed = total`. Values of cuts narrow it down as they do a report.',
    answer: CompareAnswer,
    tagged: true,
    parameters: [
      'models',
      'baseline',
      ...MODEL_OPTION_PARAMETERS,
      'by',
      ...CELL,
      ...SCOPE_PARAMETERS,
      ...PAGE,
    ],
  })
  async compare(
    @RequestWorkspace() workspace: string,
    @Query() given: RawParams,
    @RequestTag() tag: EntityTag,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CompareAnswer> {
    const answer = await this.queries.execute(new CompareAttribution(workspace, given, tag));
    tag.addTo(reply, answer.asOf);
    return answer;
  }

  @Get('explain')
  @QueryDocs({
    summary: 'Explain a number of a report',
    description:
      'Takes the parameters of the report and, as further parameters, the keys of the row: `content=wp-1`, ' +
      '`channel=email&month=2026-03`, and in `without` the cuts it has none of: `without=campaign`. Opens the number down to opportunities, touchpoints, events, the ' +
      'rule and its version, and the identity links that gave each touchpoint to its person. Under `markov` and `shapley` also to the ' +
      'transitions and coalitions that the values of the players follow from.',
    answer: AttributionExplanation,
    parameters: [...MODEL, 'by', 'keys', ...CELL, 'opportunityId', ...SCOPE_PARAMETERS, ...PAGE],
  })
  explain(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<AttributionExplanation> {
    return this.queries.execute(new ExplainAttribution(workspace, given));
  }

  @Get('drift')
  @QueryDocs({
    summary: 'Get what changed between two reports, and why',
    description:
      'Compares a report at position `from` with the same report at position `to`, by any model, committee and cut. Each difference is the ' +
      'sum of the differences in `causes`, to the minor unit: every event between is given what it changed. Under `markov` a cause has what ' +
      'it changed of all credits, and an event what it changed of the path of its own opportunity.',
    answer: DriftAnswer,
    parameters: [
      ...([
        'fromReport',
        'toReport',
        ...MODEL,
        'by',
        'metric',
        'periodFrom',
        'periodTo',
        'currency',
        'perCause',
      ] as const),
      ...(['cursor', 'limit', 'minPosition'] as const),
    ],
  })
  drift(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<DriftAnswer> {
    return this.queries.execute(new FindDrift(workspace, given));
  }
}
