import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { FindModelVersions, ModelVersionsAnswer } from './model-versions.js';
import { FindModel, ModelAnswer } from './model.js';
import type { RawParams } from './params.js';
import { QueryDocs } from './query-docs.js';

@ApiTags('Journey model')
@UseGuards(AuthGuard)
@Controller('api/model')
export class ModelController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'Get the journey model in effect',
    answer: ModelAnswer,
    parameters: ['asOf', 'minPosition'],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<ModelAnswer> {
    return this.queries.execute(new FindModel(workspace, given));
  }

  @Get('versions')
  @QueryDocs({
    summary: 'List all versions of the journey model',
    answer: ModelVersionsAnswer,
    parameters: ['cursor', 'limit', 'asOf', 'minPosition'],
  })
  versions(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<ModelVersionsAnswer> {
    return this.queries.execute(new FindModelVersions(workspace, given));
  }
}
