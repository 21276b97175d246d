import {
  Body,
  Controller,
  Delete,
  Headers,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import type { Decided } from './decide-on-opportunity.js';
import { DeleteOpportunity } from './delete-opportunity.js';
import { checkedIdempotencyKey, IDEMPOTENCY } from './idempotency-key.js';
import { OpenOpportunity } from './open-opportunity.js';
import {
  DeleteOpportunityQuery,
  OpenOpportunityInput,
  OpportunityPath,
  UpdateOpportunityInput,
} from './opportunity.inputs.js';
import { OpportunityReceipt, UpsertReceipts } from './opportunity.receipts.js';
import { examples, refusals } from './opportunity.examples.js';
import { UpdateOpportunity } from './update-opportunity.js';
import { MAX_OPPORTUNITIES, outcomeOf, upsertOpportunities } from './upsert-opportunities.js';
import { UpsertOpportunity } from './upsert-opportunity.js';
import { UpsertOpportunityInput, UpsertOpportunityItem } from './upsert-opportunity.inputs.js';

/** Opportunities as reported by the CRM. Repeated commands return 200 with `changed: false`. */
@ApiTags('Opportunities')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api/opportunities')
export class OpportunityCommandsController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post()
  @ApiOperation({
    summary: 'Open an opportunity',
    description:
      'The opportunity and its contacts are recorded atomically. Opening it again with the same values changes nothing and returns 200.',
  })
  @ApiHeader(IDEMPOTENCY)
  @ApiBody({ type: OpenOpportunityInput, examples: examples.open })
  @ApiResponse({ status: 201, description: 'Opened', type: OpportunityReceipt, example: examples.opened })
  @ApiResponse({
    status: 200,
    description: 'Was already opened',
    type: OpportunityReceipt,
    example: examples.openedBefore,
  })
  @ApiResponse(refusals.invalid)
  @ApiResponse(refusals.exists)
  @ApiResponse(refusals.unprocessable)
  async open(
    @RequestWorkspace() workspace: string,
    @Body() input: OpenOpportunityInput,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpportunityReceipt> {
    const command = new OpenOpportunity(workspace, input, new Date(), checkedIdempotencyKey(idempotencyKey));
    const receipt = receiptOf(input.opportunityId, await this.commands.execute(command));
    void reply.status(receipt.changed ? 201 : 200);
    return receipt;
  }

  @Patch(':id')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Change, win, lose or reopen an opportunity',
    description:
      'Only changed values are recorded. The update is validated against the state at `occurredAt` and does not override later changes. Amount and stage of a closed opportunity cannot change until it is reopened; reporting its win again with another amount, date or reason corrects it.',
  })
  @ApiParam({ name: 'id', example: 'opp-1', description: 'Id of the opportunity in the CRM' })
  @ApiHeader(IDEMPOTENCY)
  @ApiBody({ type: UpdateOpportunityInput, examples: examples.update })
  @ApiResponse({ status: 200, type: OpportunityReceipt, example: examples.updated })
  @ApiResponse(refusals.invalid)
  @ApiResponse(refusals.notFound)
  @ApiResponse(refusals.closed)
  @ApiResponse(refusals.unprocessable)
  async update(
    @RequestWorkspace() workspace: string,
    @Param() { id }: OpportunityPath,
    @Body() input: UpdateOpportunityInput,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
  ): Promise<OpportunityReceipt> {
    const command = new UpdateOpportunity(
      workspace,
      id,
      input,
      new Date(),
      checkedIdempotencyKey(idempotencyKey),
    );
    return receiptOf(id, await this.commands.execute(command));
  }

  @Put(':id')
  @ApiOperation({
    summary: 'Create or update an opportunity',
    description:
      'Sets the state as in the CRM: an absent field is unchanged, null clears it, `contacts` is the whole committee. Reports apply in the order of `occurredAt`, whatever order they arrive in, and any status may follow any other. Idempotent.',
  })
  @ApiParam({ name: 'id', example: 'opp-1', description: 'Id of the opportunity in the CRM' })
  @ApiHeader(IDEMPOTENCY)
  @ApiBody({ type: UpsertOpportunityInput, examples: examples.upsert })
  @ApiResponse({ status: 201, description: 'Created', type: OpportunityReceipt, example: examples.opened })
  @ApiResponse({
    status: 200,
    description: 'Updated, or unchanged',
    type: OpportunityReceipt,
    example: examples.updated,
  })
  @ApiResponse(refusals.invalid)
  @ApiResponse(refusals.unprocessable)
  async upsert(
    @RequestWorkspace() workspace: string,
    @Param() { id }: OpportunityPath,
    @Body() input: UpsertOpportunityInput,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpportunityReceipt> {
    const command = new UpsertOpportunity(
      workspace,
      id,
      input,
      new Date(),
      checkedIdempotencyKey(idempotencyKey),
    );
    const decided = await this.commands.execute(command);
    void reply.status(outcomeOf(decided) === 'created' ? 201 : 200);
    return receiptOf(id, decided);
  }

  @Put()
  @ApiOperation({
    summary: 'Create or update many opportunities',
    description: `An array of at most ${MAX_OPPORTUNITIES}, each accepted or rejected individually; an opportunity may occur several times.`,
  })
  @ApiBody({ type: UpsertOpportunityItem, isArray: true, examples: examples.batch })
  @ApiResponse({ status: 200, type: UpsertReceipts, example: examples.receipts })
  @ApiResponse(refusals.notArray)
  @ApiResponse(refusals.tooMany)
  async upsertMany(@RequestWorkspace() workspace: string, @Body() body: unknown): Promise<UpsertReceipts> {
    return { receipts: await upsertOpportunities(this.commands, workspace, body, new Date()) };
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Delete an opportunity',
    description:
      'Removes it from reports and lists from this position on; responses `asOf` earlier positions do not change. A later PUT restores it.',
  })
  @ApiParam({ name: 'id', example: 'opp-1', description: 'Id of the opportunity in the CRM' })
  @ApiQuery({
    name: 'occurredAt',
    required: false,
    schema: { type: 'string', format: 'date-time' },
    description: 'When it was deleted; default: now',
  })
  @ApiResponse({ status: 200, type: OpportunityReceipt, example: examples.deleted })
  @ApiResponse(refusals.invalid)
  @ApiResponse(refusals.notFound)
  @ApiResponse(refusals.unprocessable)
  async delete(
    @RequestWorkspace() workspace: string,
    @Param() { id }: OpportunityPath,
    @Query() { occurredAt }: DeleteOpportunityQuery,
  ): Promise<OpportunityReceipt> {
    const at = occurredAt === undefined ? undefined : new Date(occurredAt);
    return receiptOf(id, await this.commands.execute(new DeleteOpportunity(workspace, id, at, new Date())));
  }
}

function receiptOf(opportunityId: string, { state, position, eventIds }: Decided): OpportunityReceipt {
  const status = state.deleted ? 'deleted' : state.status === 'none' ? 'open' : state.status;
  const changed = eventIds.length > 0;
  return { opportunityId, status, position: String(position), changed, eventIds: [...eventIds] };
}
