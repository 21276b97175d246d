import { Controller, Get, Inject, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CONFIG, type Config, ROLES } from '../config.js';
import { Readiness, type RoleState } from './readiness.js';

class LiveAnswer {
  @ApiProperty({ type: String, example: 'live' })
  status!: string;
}

class RoleAnswer {
  @ApiProperty({ type: Boolean, example: true })
  ready!: boolean;

  @ApiProperty({ type: String, example: 'accepting', description: 'One word, of the role’s own' })
  state!: string;

  @ApiProperty({
    type: String,
    required: false,
    description: 'Why not, or what should be known all the same',
  })
  reason?: string;
}

class ReadyAnswer {
  @ApiProperty({ type: String, enum: ['ready', 'not-ready'], example: 'ready' })
  status!: string;

  @ApiProperty({ type: [String], enum: ROLES, example: [...ROLES], description: 'What this process does' })
  roles!: string[];

  @ApiProperty({ type: String, enum: ['reachable', 'unreachable'], example: 'reachable' })
  database!: string;

  @ApiProperty({
    type: String,
    enum: ['done', 'missing', 'unknown'],
    example: 'done',
    description: 'Missing: the database has not seen all migrations of this version',
  })
  migrations!: string;

  @ApiProperty({ type: Boolean, example: false, description: 'The process is stopping' })
  stopping!: boolean;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(RoleAnswer) },
    description: 'How each role stands; where `collect` or `query` is served, those alone make it ready',
  })
  checks!: Readonly<Record<string, RoleState>>;
}

const READY = {
  status: 'ready',
  roles: [...ROLES],
  database: 'reachable',
  migrations: 'done',
  stopping: false,
  checks: {
    collect: { ready: true, state: 'accepting' },
    project: { ready: true, state: 'working', reason: 'has attribution, journey, opportunities' },
    query: { ready: true, state: 'answering' },
    react: { ready: true, state: 'idle', reason: 'there is nothing for it to do' },
  },
};

const AWAY = { ready: false, state: 'unknown', reason: 'the database or the log does not answer' };

/** For the orchestrator: `live` while the process works at all, `ready` while it can serve. */
@ApiTags('Operation')
@Controller('health')
export class HealthController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'The process works' })
  @ApiOkResponse({ type: LiveAnswer, example: { status: 'live' } })
  live(): LiveAnswer {
    return { status: 'live' };
  }

  @Get('ready')
  @ApiExtraModels(RoleAnswer)
  @ApiOperation({
    summary: 'The process can do what its roles name',
    description:
      'Its database answers and is of this version, and its roles stand well: `collect` with a log that takes events, `query` with read models to ask, `project` and `react` with work that goes on.',
  })
  @ApiOkResponse({ type: ReadyAnswer, example: READY })
  @ApiResponse({
    status: 503,
    type: ReadyAnswer,
    description: 'Not now; ask again after `Retry-After`',
    example: {
      ...{ ...READY, status: 'not-ready', database: 'unreachable', migrations: 'unknown' },
      checks: { collect: AWAY, project: AWAY, query: AWAY, react: READY.checks.react },
    },
  })
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const { ready, ...checks } = await this.readiness.check();
    const answer: ReadyAnswer = {
      status: ready ? 'ready' : 'not-ready',
      roles: [...this.config.roles],
      ...checks,
    };
    await reply
      .status(ready ? 200 : 503)
      .headers(ready ? {} : { 'retry-after': '2' })
      .send(answer);
  }
}
