import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { Refused } from '../domain/refused.js';
import { ACTOR_VERDICTS } from '../domain/touchpoint.js';
import type { VerdictMatch, VerdictRule } from '../domain/verdict/rule.js';
import type { VerdictRules } from '../domain/verdict/rule-decisions.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import type { Handled } from '../event-store/handle.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { PublishVerdictRule, verdictRulesOf, WithdrawVerdictRule } from './verdict-rules.js';
import { RulePath, VerdictMatchInput, VerdictRuleInput } from './verdict.inputs.js';

const RULE_ID = '019ca8c1-77aa-7c10-b3d4-52f1e09a6b3c';

export class VerdictRuleItem {
  @ApiProperty({ type: String, format: 'uuid', example: RULE_ID })
  ruleId!: string;

  @ApiProperty({ type: () => VerdictMatchInput, example: { networks: ['198.51.100.0/24'] } })
  match!: VerdictMatch;

  @ApiProperty({ enum: ACTOR_VERDICTS, example: 'internal' })
  verdict!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Our office' })
  reason!: string | null;
}

export class VerdictRuleList {
  @ApiProperty({
    type: () => [VerdictRuleItem],
    description: 'In force; of several that match the first decides',
  })
  items!: VerdictRuleItem[];
}

export class VerdictRuleReceipt {
  @ApiProperty({ type: String, format: 'uuid', example: RULE_ID })
  ruleId!: string;

  @ApiProperty({
    type: String,
    example: '5124',
    description: 'Position of the decision: pass it as `?minPosition=` to read its effects',
  })
  position!: string;

  @ApiProperty({
    type: Boolean,
    description: 'false: the newest rule says the same, and nothing was recorded',
  })
  changed!: boolean;
}

const receiptOf = (ruleId: string, { position, receipts }: Handled<VerdictRules>): VerdictRuleReceipt => ({
  ruleId,
  position: String(position),
  changed: receipts.length > 0,
});

const itemOf = ({ ruleId, match, verdict, reason }: VerdictRule): VerdictRuleItem => ({
  ruleId,
  match,
  verdict,
  reason: reason ?? null,
});

/** Rules by which a workspace decides itself who acted. */
@ApiTags('Verdicts')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api/verdicts')
export class VerdictsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({
    summary: 'Reclassify touchpoints by a rule',
    description:
      'The rule decides who acted, for touchpoints before and after it, instead of the signals. Scores, stages and credits follow; reports `asOf` earlier positions stay. Of several rules that match the latest decides. The rules in force are at most 200, with 10,000 members of lists together, of which 500 are user agents or URL patterns.',
  })
  @ApiCreatedResponse({
    type: VerdictRuleReceipt,
    example: { ruleId: RULE_ID, position: '5124', changed: true },
  })
  @ApiResponse({
    status: 409,
    description: '`too-many-rules`, `rules-too-large`: withdraw rules before publishing more',
  })
  async publish(
    @RequestWorkspace() workspace: string,
    @Body() { match, verdict, reason }: VerdictRuleInput,
  ): Promise<VerdictRuleReceipt> {
    const { from, to } = match;
    if (from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from))
      throw new Refused('range-empty', 'must be after from', 'match.to');
    const rule = { match: { ...match }, verdict, ...(reason !== undefined && { reason }) };
    const handled = await this.commands.execute(new PublishVerdictRule(workspace, rule, new Date()));
    return receiptOf(handled.state.rules.at(-1)?.ruleId ?? '', handled);
  }

  @Get()
  @ApiOperation({ summary: 'List the rules in force' })
  @ApiOkResponse({
    type: VerdictRuleList,
    example: {
      items: [
        {
          ruleId: RULE_ID,
          match: { networks: ['198.51.100.0/24'] },
          verdict: 'internal',
          reason: 'Our office',
        },
      ],
    },
  })
  async list(@RequestWorkspace() workspace: string): Promise<VerdictRuleList> {
    const { rules } = await verdictRulesOf(this.store, workspace);
    return { items: rules.toReversed().map(itemOf) };
  }

  @Delete(':ruleId')
  @ApiOperation({
    summary: 'Withdraw a rule',
    description: 'Touchpoints are what other rules, or else the signals, make of them.',
  })
  @ApiParam({ name: 'ruleId', example: RULE_ID, description: 'The rule' })
  @ApiOkResponse({ type: VerdictRuleReceipt, example: { ruleId: RULE_ID, position: '5130', changed: true } })
  @ApiResponse({ status: 404, description: '`rule-not-found`: no such rule is in force' })
  async withdraw(
    @RequestWorkspace() workspace: string,
    @Param() { ruleId }: RulePath,
  ): Promise<VerdictRuleReceipt> {
    return receiptOf(
      ruleId,
      await this.commands.execute(new WithdrawVerdictRule(workspace, ruleId, new Date())),
    );
  }
}
