import { Controller, Get, Inject, Query, Req, Res, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import { CELL, MODEL } from '../attribution.controller.js';
import type { RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import { negotiated } from '../tables/negotiated-format.js';
import { replyWithTable } from '../tables/reply-with-table.js';
import { TABLE_FORMATS, TABLE_MEDIA_TYPES } from '../tables/table-formats.js';
import { ExportCredits } from './export-credits.js';

const DESCRIPTION = `
One row for each touch that the model credits, of the opportunities that a report with the same parameters is about, in the order of
opportunities and touches: \`opportunityId, creditedAt, touch, eventId, leadId, occurredAt, milestones, content, title, channel, campaign,
source, weight, amount, minor, currency, metric, model, asOf, modelVersion\`. \`amount\` is decimal text and \`minor\` the same in minor
units; they add up to \`attributed\` of the report, or with values of cuts to \`selected\`.

All rows are of one position, and are sent as fast as they are read. Each workspace has one such export at a time.`;

@ApiTags('Attribution')
@UseGuards(AuthGuard)
@Controller('api/attribution/credits')
export class CreditsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'Export attribution credits, one row per credited touch',
    description: DESCRIPTION,
    parameters: [
      ...MODEL,
      ...CELL,
      ...(['metric', 'from', 'to', 'ratedCurrency', 'tableFormat', 'asOf', 'minPosition'] as const),
    ],
    formats: TABLE_MEDIA_TYPES,
    negotiated: true,
    tagged: true,
  })
  async export(
    @RequestWorkspace() workspace: string,
    @Query() asked: RawParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable | undefined> {
    const { given, tag } = negotiated(request, asked, TABLE_FORMATS);
    const table = await this.queries.execute(new ExportCredits(workspace, given, tag));
    tag.addTo(reply, table.asOf);
    return replyWithTable(request, reply, table);
  }
}
