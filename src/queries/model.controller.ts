import { Controller, Get, Header, Headers, Inject, Param, Query, Res, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { MODEL_SCHEMA } from '../domain/model/document-shape.js';
import { printModel } from '../domain/model/print-model.js';
import { acceptedType } from '../http/accepted-type.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { FindModelApplication, ModelApplicationAnswer } from './model-application.js';
import { FindModelVersions, ModelVersionsAnswer } from './model-versions.js';
import { FindModelVersion } from './model-version.js';
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
    description:
      '`Accept: application/yaml` returns the document alone. `ETag` is its version, for `If-Match` of `PUT`.',
    answer: ModelAnswer,
    parameters: ['asOf', 'minPosition'],
    formats: ['application/yaml'],
  })
  async find(
    @RequestWorkspace() workspace: string,
    @Query() given: RawParams,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelAnswer | string> {
    return represent(await this.queries.execute(new FindModel(workspace, given)), accept, reply);
  }

  @Get('application')
  @QueryDocs({
    summary: 'Get how far the journey model in effect has reached the leads',
    description:
      'After a publication leads are recomputed in the background, slice by slice; `leadModelVersion` of a lead is the version that it is computed with. Until `done`, reports are over leads of several versions, and as reproducible as any other.',
    answer: ModelApplicationAnswer,
    parameters: ['asOf', 'minPosition'],
  })
  application(
    @RequestWorkspace() workspace: string,
    @Query() given: RawParams,
  ): Promise<ModelApplicationAnswer> {
    return this.queries.execute(new FindModelApplication(workspace, given));
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

  @Get('versions/:version')
  @ApiParam({ name: 'version', description: 'Its number', schema: { type: 'integer', example: 1 } })
  @QueryDocs({
    summary: 'Get one version of the journey model',
    answer: ModelAnswer,
    parameters: ['asOf', 'minPosition'],
    formats: ['application/yaml'],
  })
  @ApiResponse({ status: 404, description: '`model-not-found`: there is no such version' })
  async version(
    @RequestWorkspace() workspace: string,
    @Param('version') version: string,
    @Query() given: RawParams,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelAnswer | string> {
    return represent(
      await this.queries.execute(new FindModelVersion(workspace, version, given)),
      accept,
      reply,
    );
  }
}

const YAML = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'] as const;

/** As JSON, or the document alone as YAML. */
function represent(
  answer: ModelAnswer,
  accept: string | undefined,
  reply: FastifyReply,
): ModelAnswer | string {
  void reply.header('etag', `"${answer.modelVersion}"`).header('vary', 'Accept');
  const type = acceptedType(accept, ['application/json', ...YAML]);
  if (type === undefined || type === 'application/json') return answer;
  void reply.type('application/yaml; charset=utf-8');
  return printModel(answer.document);
}

/** The schema is the same for everybody and holds nothing of a workspace, so editors read it without a key. */
@ApiTags('Journey model')
@ApiSecurity({})
@Controller('api/model/schema.json')
export class ModelSchemaController {
  @Get()
  @RouteConfig({ withoutKey: true })
  @Header('content-type', 'application/schema+json; charset=utf-8')
  @Header('cache-control', 'public, max-age=3600')
  @Header('access-control-allow-origin', '*')
  @ApiOperation({
    summary: 'Get the JSON Schema of the journey model',
    description: 'For editors; no key is needed.',
  })
  @ApiOkResponse({ content: { 'application/schema+json': { schema: { type: 'object' } } } })
  schema(): object {
    return MODEL_SCHEMA;
  }
}
