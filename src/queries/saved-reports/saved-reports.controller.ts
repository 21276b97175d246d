import {
  Body,
  Controller,
  Delete,
  Get,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiExtraModels,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import { AttributionAnswer, FORMATS } from '../attribution.js';
import type { RawParams } from '../params.js';
import { problem, QueryDocs } from '../query-docs.js';
import { replyWithReport } from '../report-formats.js';
import { negotiated } from '../tables/negotiated-format.js';
import { TABLE_MEDIA_TYPES } from '../tables/table-formats.js';
import { addedTo, addressOf, savedFormat, savedQuery } from './report-request.js';
import { ReportSaver } from './save-report.js';
import {
  NewReportInput,
  SAVED_REPORT_EXAMPLE,
  SavedReportItem,
  SavedReportsAnswer,
} from './saved-report-items.js';
import { type SavedReport, SavedReports } from './saved-reports.js';

const DESCRIPTION = `
The parameters are checked as those of the report are. With \`asOf\` the report answers for ever as it does at that position (a date
means the position that it does now); without, it is current.`;

const saved = (status: number, description: string): MethodDecorator =>
  ApiResponse({
    ...{ status, description },
    content: {
      'application/json': { schema: { $ref: getSchemaPath(SavedReportItem) }, example: SAVED_REPORT_EXAMPLE },
    },
  });

@ApiTags('Attribution')
@ApiBearerAuth()
@ApiExtraModels(SavedReportItem)
@UseGuards(AuthGuard)
@Controller('api/attribution/reports')
export class SavedReportsController {
  constructor(
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(SavedReports) private readonly reports: SavedReports,
    @Inject(ReportSaver) private readonly saver: ReportSaver,
  ) {}

  @Get()
  @QueryDocs({ summary: 'List saved reports', answer: SavedReportsAnswer, parameters: [] })
  async list(@RequestWorkspace() workspace: string): Promise<SavedReportsAnswer> {
    return { items: (await this.reports.list(workspace)).map(itemOf), next: null };
  }

  @Post()
  @ApiOperation({ summary: 'Save a report under a stable address', description: DESCRIPTION })
  @saved(201, 'Saved')
  @problem(400, 'A parameter is invalid; `errors` lists each with the allowed values')
  @problem(409, '`report-limit`: there are as many reports as there may be')
  @problem(422, '`report-exists`: another report has the name')
  async save(@RequestWorkspace() workspace: string, @Body() body: NewReportInput): Promise<SavedReportItem> {
    return itemOf(await this.saver.save(workspace, body));
  }

  @Get(':id')
  @QueryDocs({
    summary: 'Get the answer of a saved report',
    description:
      'As GET /api/attribution answers its parameters. A format may end the address: `/api/attribution/reports/rep_1.parquet`.',
    answer: AttributionAnswer,
    parameters: ['format', 'cursor', 'limit', 'asOf', 'minPosition'],
    formats: TABLE_MEDIA_TYPES,
    negotiated: true,
    tagged: true,
    id: 'Id of the report, with or without a format: `.csv`, `.ndjson`, `.arrow`, `.parquet`, `.json`',
  })
  async get(
    @RequestWorkspace() workspace: string,
    @Param('id') path: string,
    @Query() asked: RawParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AttributionAnswer | Readable | undefined> {
    const { id, format } = addressOf(path);
    const report = await this.reports.find(workspace, id);
    const added = { ...savedFormat(report), ...addedTo(asked, format) };
    const { given, tag } = negotiated(request, added, FORMATS);
    const query = savedQuery(workspace, report, given, tag);
    const answer = await this.queries.execute(query);
    tag.addTo(reply, answer.asOf);
    return replyWithReport(request, reply, answer, query.format);
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Remove a saved report' })
  @ApiParam({ name: 'id', description: 'Id of the report', schema: { type: 'string' } })
  @saved(200, 'Removed')
  @problem(404, 'There is no such report in this workspace')
  async remove(@RequestWorkspace() workspace: string, @Param('id') id: string): Promise<SavedReportItem> {
    return itemOf(await this.reports.remove(workspace, id));
  }
}

const itemOf = ({ id, name, parameters, resolved, asOf, createdAt }: SavedReport): SavedReportItem => ({
  ...{ id, name, parameters, resolved, asOf },
  url: `/api/attribution/reports/${id}`,
  createdAt,
});
