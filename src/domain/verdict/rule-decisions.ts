import type { Decider, DomainEvent } from '../decider.js';
import { Refused } from '../refused.js';
import type { VerdictMatch, VerdictRule } from './rule.js';

/** The rules of a workspace in force, in the order in which they were published. */
export interface VerdictRules {
  readonly rules: readonly VerdictRule[];
}

type RuleEvent = DomainEvent<'VerdictRulePublished' | 'VerdictRuleWithdrawn'>;

/** More would make each touchpoint pay for each of them. */
const MOST_RULES = 200;
/** Of all rules in force together: the shared projector holds them in memory. */
const MOST_MEMBERS = 10_000;
/** Of those, parts of user agents and URL patterns: they are tried one by one on each touchpoint. */
const MOST_PATTERNS = 500;

export const verdictRules: Decider<VerdictRules, RuleEvent> = {
  initial: { rules: [] },
  evolve: ({ rules }, event) =>
    event.type === 'VerdictRulePublished'
      ? { rules: [...rules, event.data.rule] }
      : { rules: rules.filter(({ ruleId }) => ruleId !== event.data.ruleId) },
};

/** Nothing, where the newest rule says the same. @throws Refused `too-many-rules`, `rules-too-large` */
export function publishRule(rule: VerdictRule, { rules }: VerdictRules, now: Date): RuleEvent[] {
  const last = rules.at(-1);
  if (last && JSON.stringify({ ...last, ruleId: '' }) === JSON.stringify({ ...rule, ruleId: '' })) return [];
  if (rules.length >= MOST_RULES)
    throw new Refused('too-many-rules', `Withdraw rules before publishing more than ${MOST_RULES}`);
  checkSize([...rules, rule]);
  return [{ type: 'VerdictRulePublished', occurredAt: now, data: { rule } }];
}

/** @throws Refused `rule-not-found` */
export function withdrawRule(ruleId: string, { rules }: VerdictRules, now: Date): RuleEvent[] {
  if (!rules.some((rule) => rule.ruleId === ruleId))
    throw new Refused('rule-not-found', `No rule ${ruleId} is in force`);
  return [{ type: 'VerdictRuleWithdrawn', occurredAt: now, data: { ruleId } }];
}

function checkSize(rules: readonly VerdictRule[]): void {
  const total = (size: (match: VerdictMatch) => number): number =>
    rules.reduce((sum, { match }) => sum + size(match), 0);
  if (total(patternsOf) > MOST_PATTERNS) throw tooLarge(`${MOST_PATTERNS} user agents and URL patterns`);
  if (total(membersOf) > MOST_MEMBERS) throw tooLarge(`${MOST_MEMBERS} members of their lists`);
}

const tooLarge = (limit: string): Refused =>
  new Refused(
    'rules-too-large',
    `The rules in force may have at most ${limit} together: withdraw some first`,
  );

const patternsOf = ({ userAgents = [], urls = [] }: VerdictMatch): number => userAgents.length + urls.length;

const membersOf = (match: VerdictMatch): number =>
  Object.values(match).reduce(
    (sum: number, part: unknown) => sum + (Array.isArray(part) ? part.length : 0),
    0,
  );
