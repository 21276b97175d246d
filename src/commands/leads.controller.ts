import { Body, Controller, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { DecidedPairs } from '../domain/lead-pair.js';
import type { Handled } from '../event-store/handle.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { IsText, Optional } from './checks.js';
import { MergeLeads } from './merge-leads.js';
import { SplitLeads } from './split-leads.js';

const WHO = 'A current or former lead id, or `email:…`, `user:…`, `crm:…`, `anonymous:…`';

export class PairInput {
  @ApiProperty({ type: String, example: 'email:ada@acme.example', description: WHO })
  @IsText(600)
  otherLeadId!: string;

  @ApiPropertyOptional({ type: String, example: 'She told us so', description: 'Stored with the decision' })
  @Optional()
  @IsText(1000)
  reason?: string;
}

export class LeadPath {
  @IsText(600)
  id!: string;
}

export class PairReceipt {
  @ApiProperty({
    type: String,
    example: '5124',
    description: 'Position of the decision: pass it as `?minPosition=` to read its effects',
  })
  position!: string;

  @ApiProperty({ type: Boolean, description: 'false: the same was decided before, and nothing was recorded' })
  changed!: boolean;
}

export const LEAD_PARAM = { name: 'id', example: 'user:ada', description: WHO };
const RECEIPT = { type: PairReceipt, example: { position: '5124', changed: true } };
const problem = (status: number, code: string, detail: string) => ({
  status,
  description: `\`${code}\`: ${detail}`,
});

/** What a person decides about who is who. Both decisions are facts of their time and re-attribute. */
@ApiTags('Leads')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api/leads')
export class LeadCommandsController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':id/merge')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Merge two known leads',
    description:
      'Both become one person with one journey and one score. The lead id seen first is kept, the other becomes an alias. Idempotent.',
  })
  @ApiParam(LEAD_PARAM)
  @ApiOkResponse(RECEIPT)
  @ApiResponse(problem(404, 'lead-not-found', 'no lead has that id or key'))
  @ApiResponse(
    problem(
      409,
      'lead-not-known',
      'one of them is anonymous; `same-lead`: both ids already belong to one lead',
    ),
  )
  async merge(
    @RequestWorkspace() workspace: string,
    @Param() { id }: LeadPath,
    @Body() { otherLeadId, reason }: PairInput,
  ): Promise<PairReceipt> {
    return receiptOf(
      await this.commands.execute(new MergeLeads(workspace, id, otherLeadId, reason, new Date())),
    );
  }

  @Post(':id/split')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Split a lead in two',
    description:
      'Undoes the merge or claim that joined the two. Each key stays with the keys it was joined with otherwise, every touchpoint with its keys. For two leads of a refused claim it dismisses the conflict.',
  })
  @ApiParam(LEAD_PARAM)
  @ApiOkResponse(RECEIPT)
  @ApiResponse(problem(404, 'lead-not-found', 'no lead has that id or key'))
  @ApiResponse(
    problem(409, 'not-merged', 'they already are two leads, and there is no open conflict between them'),
  )
  async split(
    @RequestWorkspace() workspace: string,
    @Param() { id }: LeadPath,
    @Body() { otherLeadId, reason }: PairInput,
  ): Promise<PairReceipt> {
    return receiptOf(
      await this.commands.execute(new SplitLeads(workspace, id, otherLeadId, reason, new Date())),
    );
  }
}

const receiptOf = ({ position, receipts }: Handled<DecidedPairs>): PairReceipt => ({
  position: String(position),
  changed: receipts.length > 0,
});
