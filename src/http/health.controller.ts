import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CONFIG, type Config, ROLES } from '../config.js';
import { Readiness } from './readiness.js';

class LiveAnswer {
  @ApiProperty({ type: String, example: 'live' })
  status!: string;
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

  @ApiProperty({ type: Boolean, example: false, description: 'The process was told to end' })
  stopping!: boolean;
}

const READY = {
  status: 'ready',
  roles: [...ROLES],
  database: 'reachable',
  migrations: 'done',
  stopping: false,
};

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
  @ApiOperation({ summary: 'The process can serve: its database answers and is of this version' })
  @ApiOkResponse({ type: ReadyAnswer, example: READY })
  @ApiResponse({
    status: 503,
    type: ReadyAnswer,
    description: 'Not now; ask again after `Retry-After`',
    example: { ...READY, status: 'not-ready', database: 'unreachable', migrations: 'unknown' },
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
