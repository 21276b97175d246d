import { Body, Controller, Headers, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { disqualify, recycle } from '../domain/lead-decisions.js';
import { Refused } from '../domain/refused.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { AcceptLead } from './accept-lead.js';
import { DecideOnLead, type DecidedOnLead } from './decide-on-lead.js';
import { checkedIdempotencyKey, IDEMPOTENCY } from './idempotency-key.js';
import {
  AcceptLeadInput,
  DisqualifyLeadInput,
  LeadDecisionReceipt,
  RecycleLeadInput,
} from './lead-decision.inputs.js';
import { LeadPath, LEAD_PARAM } from './leads.controller.js';

const problem = (status: number, code: string, detail: string) => ({
  status,
  description: `\`${code}\`: ${detail}`,
});
const NOT_FOUND = problem(
  404,
  'lead-not-found',
  'no lead has that id or key; `decider-not-found`: `by` is neither a recipient nor a manager of the journey model, nor who received the lead',
);
const receipt = (status: string) => ({
  type: LeadDecisionReceipt,
  example: {
    leadId: '3f0c6a1e-5d2b-8c47-a1f0-2b9d7c6e4a11',
    status,
    cycle: 1,
    position: '5124',
    changed: true,
  },
});

/** What sales decide on the leads that they receive (docs/lifecycle.md). */
@ApiTags('Leads')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api/leads')
export class LeadDecisionsController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':id/accept')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Accept a lead that was handed off',
    description:
      'Of several who accept it the first one has it; the others are told who and when. Idempotent.',
  })
  @ApiParam(LEAD_PARAM)
  @ApiHeader(IDEMPOTENCY)
  @ApiOkResponse(receipt('accepted'))
  @ApiResponse(
    problem(
      404,
      'lead-not-found',
      'no lead has that id or key; `recipient-not-found`: `by` is neither a recipient of the journey model nor who received the lead',
    ),
  )
  @ApiResponse(
    problem(
      409,
      'lead-already-accepted',
      'by somebody else, who and when is in `detail`; `lead-not-qualified`, `lead-not-handed-off`, `lead-recycled`, `lead-disqualified`: what was decided last; `lead-opted-out`: it wants no mail; `lead-not-known`: it is anonymous',
    ),
  )
  async accept(
    @RequestWorkspace() workspace: string,
    @Param() { id }: LeadPath,
    @Body() { by }: AcceptLeadInput,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<LeadDecisionReceipt> {
    return this.#decide(new AcceptLead(workspace, id, by, new Date(), checkedIdempotencyKey(key)));
  }

  @Post(':id/recycle')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Return a lead to marketing',
    description:
      'It can qualify again as a new cycle: on the day or by the behaviour given, else once it has earned its score anew. Of a recycled lead reason and wake-up change; a disqualified one may qualify again. Idempotent.',
  })
  @ApiParam(LEAD_PARAM)
  @ApiHeader(IDEMPOTENCY)
  @ApiOkResponse(receipt('recycled'))
  @ApiResponse(NOT_FOUND)
  @ApiResponse(
    problem(409, 'lead-not-qualified', 'nothing was decided on it; `lead-not-known`: it is anonymous'),
  )
  @ApiResponse(problem(422, 'wake-at-in-the-past', '`wakeAt` is not in the future'))
  async recycle(
    @RequestWorkspace() workspace: string,
    @Param() { id }: LeadPath,
    @Body() input: RecycleLeadInput,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<LeadDecisionReceipt> {
    const now = new Date();
    const data = recyclingOf(input);
    return this.#decide(
      new DecideOnLead(
        workspace,
        id,
        (leadId, state) => {
          const decided = recycle({ leadId, now, ...data }, state);
          if (decided.length > 0) assertFuture(data.wakeAt, now);
          return decided;
        },
        checkedIdempotencyKey(key),
        { by: data.by },
      ),
    );
  }

  @Post(':id/disqualify')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Disqualify a lead',
    description:
      'It never qualifies again, unless it is recycled. Also before it ever qualified. Idempotent.',
  })
  @ApiParam(LEAD_PARAM)
  @ApiHeader(IDEMPOTENCY)
  @ApiOkResponse(receipt('disqualified'))
  @ApiResponse(NOT_FOUND)
  @ApiResponse(
    problem(
      409,
      'lead-disqualified',
      'by somebody else or for another reason; `lead-not-known`: it is anonymous',
    ),
  )
  async disqualify(
    @RequestWorkspace() workspace: string,
    @Param() { id }: LeadPath,
    @Body() { reason, by }: DisqualifyLeadInput,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<LeadDecisionReceipt> {
    const data = { now: new Date(), reason, ...(by !== undefined && { by }) };
    return this.#decide(
      new DecideOnLead(
        workspace,
        id,
        (leadId, state) => disqualify({ leadId, ...data }, state),
        checkedIdempotencyKey(key),
        { by },
      ),
    );
  }

  async #decide(command: AcceptLead | DecideOnLead): Promise<LeadDecisionReceipt> {
    return receiptOf(await this.commands.execute(command));
  }
}

/** `wakeAt` in UTC, as all times of events. */
const recyclingOf = ({ reason, by, wakeAt, wakeWhen }: RecycleLeadInput) => ({
  reason,
  ...(by !== undefined && { by }),
  ...(wakeAt !== undefined && { wakeAt: new Date(wakeAt).toISOString() }),
  ...(wakeWhen !== undefined && { wakeWhen }),
});

function assertFuture(wakeAt: string | undefined, now: Date): void {
  if (wakeAt !== undefined && Date.parse(wakeAt) <= +now)
    throw new Refused(
      'wake-at-in-the-past',
      `${wakeAt} is in the past; a lead wakes up in the future`,
      'wakeAt',
    );
}

export const receiptOf = ({ leadId, state, position, receipts }: DecidedOnLead): LeadDecisionReceipt => ({
  leadId,
  status: state.status,
  cycle: state.cycle,
  position: String(position),
  changed: receipts.length > 0,
});
