import {
  applyDecorators,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type pg from 'pg';
import { DATABASE } from '../../database/database.js';
import { EVENT_STORE, type EventStore } from '../../event-store/event-store.js';
import { AnyKeyGuard, OPERATOR_SCHEME, OperatorOnly, VisibleWorkspace } from '../../http/operator.guard.js';
import { countDeadLetters, readDeadLetters } from '../dead-letters.js';
import {
  Answers,
  LogHeadAnswer,
  DeadLettersAnswer,
  DeadLettersQuery,
  ProjectionsAnswer,
  RebuildAnswer,
  RetryAnswer,
  WorkspaceQuery,
} from './subscriptions.answers.js';
import { readProjections } from './read-projections.js';
import { examples } from './subscriptions.examples.js';
import { SubscriptionRunner } from '../runner.js';

/** An API key and the operator key open it; what is shown depends on whose it is. */
const AnyKey = (): MethodDecorator =>
  applyDecorators(UseGuards(AnyKeyGuard), ApiBearerAuth(), ApiSecurity(OPERATOR_SCHEME));

const NAME = { name: 'name', example: 'journey', description: 'Name of the projection' };
const notAllowed = {
  status: 409,
  description:
    '`rebuild-not-allowed`: it decides or sends what must not be repeated, or has no rows of a workspace. `rebuild-in-progress`: of one workspace, while another rebuild runs',
  content: { 'application/problem+json': { example: examples.notAllowed } },
};
const notFound = {
  status: 404,
  description: '`projection-not-found`, `workspace-not-found`',
  content: { 'application/problem+json': { example: examples.notFound } },
};

@ApiTags('Operation')
@Controller('api/projections')
export class SubscriptionsController {
  constructor(
    @Inject(DATABASE) private readonly pool: pg.Pool,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SubscriptionRunner) private readonly runner: SubscriptionRunner,
  ) {}

  @Get()
  @AnyKey()
  @ApiOperation({
    summary: 'Where each read model stands: its position, its lag, and its dead letters',
    description:
      'The log is shared, and so are positions. Of dead letters an API key sees the number of its workspace, the operator key that of all, and why a read model does not move.',
  })
  @Answers(200, ProjectionsAnswer, examples.list)
  list(@VisibleWorkspace() workspace: string | undefined): Promise<ProjectionsAnswer> {
    return readProjections({ pool: this.pool, store: this.store }, workspace);
  }

  @Post(':name/rebuild')
  @OperatorOnly()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Rebuild a read model from the log, and all that read it',
    description:
      'For all workspaces, or the rows of one. Answers at once. The new rows are built beside the live ones and replace them when they have caught up; `GET /api/projections` shows the progress.',
  })
  @ApiParam(NAME)
  @Answers(202, RebuildAnswer, examples.rebuilding)
  @ApiResponse(notFound)
  @ApiResponse(notAllowed)
  async rebuild(@Param('name') name: string, @Query() { workspace }: WorkspaceQuery): Promise<RebuildAnswer> {
    return { rebuilding: await this.runner.rebuild(name, workspace) };
  }

  @Get(':name/dead-letters')
  @AnyKey()
  @ApiOperation({
    summary: 'Events a read model could not apply, and those that wait behind them',
    description: '`behind` is the position of the event it waits for; null: it failed itself, see `error`.',
  })
  @ApiParam(NAME)
  @Answers(200, DeadLettersAnswer, examples.deadLetters)
  @ApiResponse(notFound)
  async deadLetters(
    @VisibleWorkspace() workspace: string | undefined,
    @Param('name') name: string,
    @Query() { cursor, limit }: DeadLettersQuery,
  ): Promise<DeadLettersAnswer> {
    this.runner.assertKnown(name);
    const items = await readDeadLetters(this.pool, name, workspace, BigInt(cursor), limit + 1);
    const page = items.slice(0, limit);
    return { items: page, next: items.length > limit ? (page.at(-1)?.position ?? null) : null };
  }

  @Post(':name/dead-letters/retry')
  @OperatorOnly()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Retry the dead letters of a workspace, or of all, in their order',
    description:
      'What was healed lies before the positions of the read models that build on this one: those are rebuilt, for one workspace alone if all events are of one. When later events of the whole workspace have passed it, this one is rebuilt too.',
  })
  @ApiParam(NAME)
  @Answers(200, RetryAnswer, examples.retried)
  @ApiResponse(notFound)
  async retry(@Param('name') name: string, @Query() { workspace }: WorkspaceQuery): Promise<RetryAnswer> {
    const tried = await this.runner.retryDeadLetters(name, workspace);
    return { tried, deadLetters: (await countDeadLetters(this.pool, workspace)).get(name) ?? 0 };
  }
}

@ApiTags('Operation')
@Controller('api/log')
export class LogController {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  @Get('head')
  @AnyKey()
  @ApiOperation({ summary: 'The position of the last event in the log' })
  @Answers(200, LogHeadAnswer, examples.head)
  async head(): Promise<LogHeadAnswer> {
    return { position: String(await this.store.head()) };
  }
}
