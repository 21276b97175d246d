import { Body, Controller, HttpCode, Inject, Post, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import type { RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import { MagicNumberAnswer } from './magic-number-answer.js';
import { MagicNumberInput } from './magic-number.input.js';
import { FindMagicNumber } from './magic-number.js';

const DESCRIPTION = `
From a revenue goal and a date back to the leads that it takes, by persona: revenue per sale, conversion and days of each step as
observed in the history, what is in the pipe and how much of it is expected by the date, the gap, and how many leads and opportunities
more must reach each step to close it, with 95 % intervals. Steps are those of the funnel; docs/planning.md defines each number.

Example: of 3,205 leads 125 were qualified (3.9 %), 8 of these were won (6.4 %), at 250,000 a sale. 10,000,000 take 40 sales, 625
qualified leads, and 16,025 leads.`;

@ApiTags('Planning')
@UseGuards(AuthGuard)
@Controller('api/planning')
export class PlanningController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Post('magic-number')
  @HttpCode(200)
  @QueryDocs({
    summary: 'Get the leads and opportunities that a revenue goal needs',
    description: DESCRIPTION,
    answer: MagicNumberAnswer,
    parameters: ['asOf', 'minPosition'],
  })
  @ApiResponse({
    status: 422,
    description:
      '`amount-malformed`, `amount-negative`, `amount-decimals`, `amount-too-large`: the goal is no amount',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemItem' } } },
  })
  magicNumber(
    @RequestWorkspace() workspace: string,
    @Body() input: MagicNumberInput,
    @Query() given: RawParams,
  ): Promise<MagicNumberAnswer> {
    return this.queries.execute(new FindMagicNumber(workspace, given, input));
  }
}
