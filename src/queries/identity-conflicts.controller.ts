import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { ConflictsAnswer, FindIdentityConflicts } from './identity-conflicts.js';
import type { RawParams } from './params.js';
import { QueryDocs } from './query-docs.js';

@ApiTags('Leads')
@UseGuards(AuthGuard)
@Controller('api/identity-conflicts')
export class IdentityConflictsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'List claims of public write keys that would join two known leads',
    description:
      'They do not join the leads. Merge the leads, or split them to dismiss the claim; a server-side claim of the same keys joins them too.',
    answer: ConflictsAnswer,
    parameters: ['conflictStatus', 'cursor', 'limit', 'asOf', 'minPosition'],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<ConflictsAnswer> {
    return this.queries.execute(new FindIdentityConflicts(workspace, given));
  }
}
