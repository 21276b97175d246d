import { Body, Controller, Headers, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { AssignLead } from './assign-lead.js';
import { IsText, Optional } from './checks.js';
import { checkedIdempotencyKey, IDEMPOTENCY } from './idempotency-key.js';
import { receiptOf } from './lead-decisions.controller.js';
import { LeadDecisionReceipt } from './lead-decision.inputs.js';
import { LEAD_PARAM, LeadPath } from './leads.controller.js';

export class AssignLeadInput {
  @ApiProperty({ type: String, example: 'rep-7', description: 'A recipient of the journey model' })
  @IsText(200)
  to!: string;

  @ApiProperty({
    type: String,
    example: 'eva',
    description: 'Who assigns it: a recipient or manager of the journey model',
  })
  @IsText(200)
  by!: string;

  @ApiPropertyOptional({ type: String, example: 'She knows the buyer', description: 'Why' })
  @Optional()
  @IsText(500)
  reason?: string;
}

const EXAMPLE = {
  ...{ leadId: '3f0c6a1e-5d2b-8c47-a1f0-2b9d7c6e4a11', status: 'handed_off', cycle: 1 },
  ...{ position: '5124', changed: true },
};

@ApiTags('Hand-offs')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api/leads')
export class AssignLeadController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':id/assign')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Assign a lead to a recipient',
    description:
      'Of a qualified lead, also one that somebody else has. Routing, capacity and absences are not asked; the time until it is due begins anew. Who has the lead already keeps it. Idempotent.',
  })
  @ApiParam(LEAD_PARAM)
  @ApiHeader(IDEMPOTENCY)
  @ApiOkResponse({ type: LeadDecisionReceipt, example: EXAMPLE })
  @ApiResponse({
    status: 404,
    description:
      '`lead-not-found`: no lead has that id or key; `recipient-not-found`: the journey model has no recipient `to`; `decider-not-found`: `by` is neither a recipient nor a manager of the journey model, nor who has the lead',
  })
  @ApiResponse({
    status: 409,
    description:
      '`lead-not-qualified`, `lead-recycled`, `lead-disqualified`: it is not in the process of sales; `lead-opted-out`: it wants no mail; `lead-not-known`: it is anonymous',
  })
  async assign(
    @RequestWorkspace() workspace: string,
    @Param() { id }: LeadPath,
    @Body() input: AssignLeadInput,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<LeadDecisionReceipt> {
    const command = new AssignLead(workspace, id, input, new Date(), checkedIdempotencyKey(key));
    return receiptOf(await this.commands.execute(command));
  }
}
