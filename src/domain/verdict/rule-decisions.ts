import type { Decider, DomainEvent } from '../decider.js';
import { Refused } from '../refused.js';
import type { VerdictRule } from './rule.js';

/** The rules of a workspace in force, in the order in which they were published. */
export interface VerdictRules {
  readonly rules: readonly VerdictRule[];
}

type RuleEvent = DomainEvent<'VerdictRulePublished' | 'VerdictRuleWithdrawn'>;

/** More would make each touchpoint pay for each of them. */
const MOST_RULES = 200;

export const verdictRules: Decider<VerdictRules, RuleEvent> = {
  initial: { rules: [] },
  evolve: ({ rules }, event) =>
    event.type === 'VerdictRulePublished'
      ? { rules: [...rules, event.data.rule] }
      : { rules: rules.filter(({ ruleId }) => ruleId !== event.data.ruleId) },
};

/** Nothing, where the newest rule says the same. @throws Refused `too-many-rules` */
export function publishRule(rule: VerdictRule, { rules }: VerdictRules, now: Date): RuleEvent[] {
  const last = rules.at(-1);
  if (last && JSON.stringify({ ...last, ruleId: '' }) === JSON.stringify({ ...rule, ruleId: '' })) return [];
  if (rules.length >= MOST_RULES)
    throw new Refused('too-many-rules', `Withdraw rules before publishing more than ${MOST_RULES}`);
  return [{ type: 'VerdictRulePublished', occurredAt: now, data: { rule } }];
}

/** @throws Refused `rule-not-found` */
export function withdrawRule(ruleId: string, { rules }: VerdictRules, now: Date): RuleEvent[] {
  if (!rules.some((rule) => rule.ruleId === ruleId))
    throw new Refused('rule-not-found', `No rule ${ruleId} is in force`);
  return [{ type: 'VerdictRuleWithdrawn', occurredAt: now, data: { ruleId } }];
}
