import { conditionTest, type Sight, type Test } from './condition.js';
import type { BuyingStage } from './model.js';

/** A move of a lead between buying stages; skipped stages are not filled in. */
export interface StageMove {
  readonly from: string | null;
  readonly to: string;
  /** Name of the entry rule. */
  readonly rule: string;
}

/** Compiles the ordered stages of one persona. Call it once for each touchpoint that counts, in order. */
export function stageRules(
  stages: readonly BuyingStage[],
): (sight: Sight, current: string | null) => StageMove | undefined {
  const compiled = stages.map(({ id, enter }) => ({
    id,
    rules: enter.map(({ name, when, back }) => ({
      name,
      back: back === true,
      test: conditionTest(when, `${id}/${name}`),
    })),
  }));
  return (sight, from) => {
    const met = compiled.map(({ id, rules }) => ({ id, rules: rules.filter(holdsAt(sight)) }));
    const here = compiled.findIndex(({ id }) => id === from);
    const ahead = met.findLast(({ rules }, index) => index > here && rules.length > 0);
    const goal = ahead ?? (met[here]?.rules.length ? undefined : backTo(met.slice(0, Math.max(here, 0))));
    const rule = goal?.rules[0];
    return goal && rule ? { from, to: goal.id, rule: rule.name } : undefined;
  };
}

interface MetRule {
  readonly name: string;
  readonly back: boolean;
}

const holdsAt =
  (sight: Sight) =>
  ({ test }: { readonly test: Test }): boolean =>
    test(sight);

/** The nearest earlier stage that a rule with `back` leads to; a touchpoint that fits the present stage leads nowhere. */
function backTo(
  earlier: readonly { readonly id: string; readonly rules: readonly MetRule[] }[],
): { readonly id: string; readonly rules: readonly MetRule[] } | undefined {
  return earlier
    .map(({ id, rules }) => ({ id, rules: rules.filter(({ back }) => back) }))
    .findLast(({ rules }) => rules.length > 0);
}
