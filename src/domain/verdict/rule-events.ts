import type { VerdictRule } from './rule.js';

/** From here on it decides who acted, for touchpoints before and after it; a later rule goes before it. */
export interface VerdictRulePublished {
  readonly rule: VerdictRule;
}

export interface VerdictRuleWithdrawn {
  readonly ruleId: string;
}
