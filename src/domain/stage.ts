import { conditionTest, type TouchContext } from './condition.js';
import { cell } from './memory.js';
import type { BuyingStage } from './model/journey-model.js';

/** The stage that the last move led to. */
export const STAGE = cell<string>('stage');

/** A move of a lead between buying stages; skipped stages are not filled in. */
export interface StageMove {
  readonly from: string | null;
  readonly to: string;
  /** Name of the entry rule. */
  readonly rule: string;
}

/** Compiles the ordered stages of one persona. Call it once for each touchpoint that counts, in order. */
export function stageRules(stages: readonly BuyingStage[]): (sight: TouchContext) => StageMove | undefined {
  const rules = stages.flatMap(({ id, enter }, stage) =>
    enter.map(({ name, when, back = false }) => ({
      stage,
      id,
      name,
      back,
      test: conditionTest(when, `${id}/${name}`),
    })),
  );
  return (sight) => {
    // Every test is called: a count learns from each touchpoint.
    const met = rules.filter(({ test }) => test(sight));
    if (met.length === 0) return undefined;
    const from = sight.memory.read(STAGE) ?? null;
    const here = stages.findIndex(({ id }) => id === from);
    const furthest = met.at(-1)?.stage ?? -1;
    // A touchpoint that fits the present stage leads nowhere back.
    if (furthest <= here && met.some(({ stage }) => stage === here)) return undefined;
    const goals = furthest > here ? met : met.filter(({ back }) => back);
    const last = goals.at(-1)?.stage;
    const rule = goals.find(({ stage }) => stage === last);
    if (rule) sight.memory.write(STAGE, rule.id);
    return rule && { from, to: rule.id, rule: rule.name };
  };
}
