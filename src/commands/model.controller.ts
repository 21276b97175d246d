import { Body, Controller, Headers, Inject, Put, Query, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { PlacedFault } from '../domain/model/model-text.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { AuthGuard, bearerOf, RequestWorkspace } from '../http/auth.guard.js';
import { readModelBody } from '../http/model-body.js';
import { Problem } from '../http/problem.js';
import { prefixOf } from '../workspaces/key-format.js';
import { PublishModelQuery } from './model.inputs.js';
import { ModelChanged, publishModel } from './publish-model.js';

export class ModelWarningItem {
  @ApiProperty({ type: String, example: 'stages[1]' }) path!: string;
  @ApiProperty({ type: String }) message!: string;
  @ApiProperty({ type: 'integer', description: 'Counted from 1' }) line!: number;
  @ApiProperty({ type: 'integer', description: 'Counted from 1' }) column!: number;
}

export class ModelReceipt {
  @ApiProperty({ type: 'integer', description: 'Version in effect' }) modelVersion!: number;

  @ApiProperty({
    type: String,
    description: 'Position of its event: pass it as `?minPosition=` to read what was recomputed',
  })
  position!: string;

  @ApiProperty({ type: Boolean, description: 'false: this document was in effect already' })
  changed!: boolean;

  @ApiProperty({ type: () => [ModelWarningItem], description: 'What is valid and hardly meant' })
  warnings!: PlacedFault[];
}

const WARNING = {
  path: 'stages[1]',
  message: 'nobody can reach the stage explore: it has no rule',
  line: 12,
  column: 5,
};
const DOCUMENT = `name: Ours
currency: USD
personas: []
stages: []
scoring: { halfLifeDays: 30, rules: [] }
`;

/** Publishes the journey model of the key's workspace. */
@ApiTags('Journey model')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api/model')
export class ModelCommandsController {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  @Put()
  @RouteConfig({ textBody: true })
  @ApiOperation({
    summary: 'Publish a journey model',
    description:
      'YAML or JSON, up to 512 KB. An invalid document is refused with the line, column and path of each fault, and the model in effect stays. Personas, stages, scores, grades and credits are recomputed in the background.',
  })
  @ApiHeader({
    name: 'If-Match',
    required: true,
    description: '`ETag` of the version that the document was made from, or `*` to replace any version',
    schema: { type: 'string', example: '"3"' },
  })
  @ApiQuery({ name: 'by', required: false, description: 'Who publishes', schema: { type: 'string' } })
  @ApiConsumes('application/yaml', 'application/json')
  @ApiBody({
    schema: { type: 'object', additionalProperties: true, externalDocs: { url: '/api/model/schema.json' } },
    examples: { least: { summary: 'The least document', value: DOCUMENT } },
  })
  @ApiOkResponse({
    type: ModelReceipt,
    example: { modelVersion: 4, position: '5124', changed: true, warnings: [WARNING] },
    headers: { ETag: { description: 'The version', schema: { type: 'string' } } },
  })
  @ApiResponse({
    status: 400,
    description: '`model-invalid`, `model-unreadable`: `errors` names line and column',
  })
  @ApiResponse({ status: 412, description: '`model-changed`: another version is in effect, named by `ETag`' })
  @ApiResponse({ status: 413, description: '`too-large`: the document is over the limit of 512 KB' })
  @ApiResponse({ status: 428, description: '`if-match-missing`: send `If-Match`' })
  async publish(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Query() { by }: PublishModelQuery,
    @Headers() { 'if-match': ifMatch, authorization }: Readonly<Record<string, string | undefined>>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelReceipt> {
    const expectedVersion = expectedVersionOf(ifMatch);
    const read = readModelBody(body);
    const key = `API key ${prefixOf(bearerOf(authorization) ?? '')}…`;
    const published = await publishModel(this.store, workspace, read.model, {
      by: by === undefined ? key : `${by} (${key})`,
      ...(expectedVersion !== undefined && { expectedVersion }),
    }).catch((error: unknown) => {
      throw error instanceof ModelChanged ? preconditionFailed(error) : error;
    });
    void reply.header('etag', `"${published.version}"`);
    const { version: modelVersion, position, changed } = published;
    return { modelVersion, position: String(position), changed, warnings: [...read.warnings] };
  }
}

/** Undefined: whichever version is in effect. @throws Problem 428, 400 */
function expectedVersionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined)
    throw new Problem(
      428,
      'if-match-missing',
      'Send If-Match with the ETag of the version that the document was made from, or * to replace any version',
    );
  if (ifMatch.trim() === '*') return undefined;
  const version = /^\s*"(\d{1,9})"\s*$/.exec(ifMatch)?.[1];
  if (version === undefined) {
    const message = 'must be one ETag of GET /api/model, such as "3", or *';
    throw new Problem(400, 'invalid', `If-Match: ${message}`, [{ path: 'If-Match', message }]);
  }
  return Number(version);
}

const preconditionFailed = ({ code, message, version }: ModelChanged): Problem =>
  new Problem(412, code, message, [], { etag: `"${version}"` });
