import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { AccountJourneyAnswer, FindAccountJourney } from './account-journey.js';
import { AccountAnswer, FindAccount } from './account.js';
import type { RawParams } from './params.js';
import { QueryDocs } from './query-docs.js';

const id = 'Id of the company; without one, its e-mail domain';

@ApiTags('Accounts')
@UseGuards(AuthGuard)
@Controller('api/accounts')
export class AccountsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':id')
  @QueryDocs({ summary: 'Get an account', id, answer: AccountAnswer, parameters: ['asOf', 'minPosition'] })
  findOne(
    @RequestWorkspace() workspace: string,
    @Param('id') accountId: string,
    @Query() given: RawParams,
  ): Promise<AccountAnswer> {
    return this.queries.execute(new FindAccount(workspace, accountId, given));
  }

  @Get(':id/journey')
  @QueryDocs({
    summary: 'List the touchpoints of all leads of an account',
    id,
    answer: AccountJourneyAnswer,
    parameters: ['order', 'cursor', 'limit', 'asOf', 'minPosition'],
  })
  journey(
    @RequestWorkspace() workspace: string,
    @Param('id') accountId: string,
    @Query() given: RawParams,
  ): Promise<AccountJourneyAnswer> {
    return this.queries.execute(new FindAccountJourney(workspace, accountId, given));
  }
}
