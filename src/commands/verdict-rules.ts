import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { replay } from '../domain/decider.js';
import type { RecordedEvent } from '../domain/events.js';
import {
  publishRule,
  verdictRules,
  withdrawRule,
  type VerdictRules,
} from '../domain/verdict/rule-decisions.js';
import type { VerdictRule } from '../domain/verdict/rule.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { handle, type Handled } from '../event-store/handle.js';

/** The stream of a workspace's rules about who acted. */
const RULES_STREAM = 'verdict-rules';
const PAGE = 1_000;

/** Decides about touchpoints before and after it. */
export class PublishVerdictRule extends Command<Handled<VerdictRules>> {
  constructor(
    readonly workspace: string,
    readonly rule: Omit<VerdictRule, 'ruleId'>,
    readonly now: Date,
  ) {
    super();
  }
}

export class WithdrawVerdictRule extends Command<Handled<VerdictRules>> {
  constructor(
    readonly workspace: string,
    readonly ruleId: string,
    readonly now: Date,
  ) {
    super();
  }
}

@CommandHandler(PublishVerdictRule)
export class PublishVerdictRuleHandler implements ICommandHandler<PublishVerdictRule> {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  execute({ workspace, rule, now }: PublishVerdictRule): Promise<Handled<VerdictRules>> {
    const ruleId = uuidv7();
    return handle(this.store, workspace, RULES_STREAM, verdictRules, (rules) =>
      publishRule({ ruleId, ...rule }, rules, now),
    );
  }
}

@CommandHandler(WithdrawVerdictRule)
export class WithdrawVerdictRuleHandler implements ICommandHandler<WithdrawVerdictRule> {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  execute({ workspace, ruleId, now }: WithdrawVerdictRule): Promise<Handled<VerdictRules>> {
    return handle(this.store, workspace, RULES_STREAM, verdictRules, (rules) =>
      withdrawRule(ruleId, rules, now),
    );
  }
}

/** The rules in force, the one that goes before the others last; from the log, so without any delay. */
export async function verdictRulesOf(store: EventStore, workspace: string): Promise<VerdictRules> {
  let rules = verdictRules.initial;
  for (let after = 0; ;) {
    const page = await store.readStream(workspace, RULES_STREAM, after, PAGE);
    rules = replay(verdictRules, page as readonly RecordedEvent<'VerdictRulePublished'>[], rules);
    after = page.at(-1)?.version ?? after;
    if (page.length < PAGE) return rules;
  }
}
