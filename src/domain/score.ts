import type { Calendar } from './calendar.js';
import { conditionTest, type TouchContext } from './condition.js';
import { cell, type Cell, type Memory } from './memory.js';
import { DAY_MS, listOf, type ScoreRule, type Scoring } from './model/journey-model.js';
import type { SessionPart } from './session.js';

type ScoreCap = NonNullable<ScoreRule['cap']>;

/** A score that decays from `scoredAt` on. */
export interface ScoreState {
  readonly score: number;
  /** `occurredAt` of the last scored touchpoint, ms. */
  readonly scoredAt: number | null;
}

export const UNSCORED: ScoreState = { score: 0, scoredAt: null };

/** The points that a rule gave for a touchpoint. */
export interface ScoreChange {
  readonly rule: string;
  readonly points: number;
}

/** The score right after a touchpoint that earned `points`. */
export function scoreAfter(
  { score, scoredAt }: ScoreState,
  points: number,
  at: number,
  halfLifeDays: number,
): ScoreState {
  return { score: decayed(score, scoredAt, at, halfLifeDays) + points, scoredAt: at };
}

/** `score(t) = score · 0.5^((t − scoredAt) / halfLife)`; times in ms. An earlier `t` gets the score undecayed. */
export function decayed(score: number, scoredAt: number | null, t: number, halfLifeDays: number): number {
  if (scoredAt === null || t <= scoredAt) return score;
  return score * 2 ** (-(t - scoredAt) / (halfLifeDays * DAY_MS));
}

type Scorer = (sight: TouchContext, part: SessionPart) => ScoreChange | undefined;

/** How often a rule scored in the period of its last score. */
type Cap = readonly [period: string | number, count: number];

/**
 * Compiles the scoring for one persona. The first rule that a touchpoint meets scores it; if that rule's cap is
 * reached, or it has scored the content before, or gives no points, the touchpoint is not scored.
 * Call it once for each touchpoint that counts, in order.
 */
export function scoreRules(scoring: Scoring, persona: string | null, dates: Calendar): Scorer {
  const rules = scoring.rules
    .filter((rule) => rule.persona === undefined || listOf(rule.persona).includes(persona ?? ''))
    .map((rule) => ({
      rule,
      test: conditionTest(rule.when, `score/${rule.name}`),
      cap: cell<Cap>('cap', rule.name),
    }));
  const perSession = rules.filter(({ rule }) => rule.cap?.per === 'session');
  return (sight, part) => {
    const { memory } = sight;
    // Every test is called: a count learns from each touchpoint, whichever rule scores it.
    const [met] = rules.filter(({ test }) => test(sight));
    const change = met && scoreBy(met, sight, part, dates);
    // Not under the session's id: an earlier touchpoint that turns up would change it for the whole session.
    if (part === 'start') {
      for (const { rule, cap } of perSession)
        if (memory.read(cap)?.[1]) memory.write(cap, [SESSION, change?.rule === rule.name ? 1 : 0]);
    }
    return change;
  };
}

const SESSION = 'session';

interface CompiledRule {
  readonly rule: ScoreRule;
  readonly cap: Cell<Cap>;
}

/** Reads the cap before the content: touchpoints beyond a cap then do not depend on which of them scored a content first. */
function scoreBy(
  { rule, cap }: CompiledRule,
  { memory, content, touch }: TouchContext,
  part: SessionPart,
  dates: Calendar,
): ScoreChange | undefined {
  if (rule.points === 0) return undefined;
  const used = rule.cap && countUse(cap, rule.cap, memory, touch.at, part, dates);
  if (used === 'reached') return undefined;
  const once =
    rule.oncePerContent && content !== undefined ? cell<true>('once', rule.name, content.id) : undefined;
  if (once && memory.read(once)) return undefined;
  if (used) memory.write(cap, used);
  if (once) memory.write(once, true);
  return { rule: rule.name, points: rule.points };
}

/** @returns the cap with one more score, if it allows one; undefined: it allows it and does not count it */
function countUse(
  cap: Cell<Cap>,
  { count, per }: ScoreCap,
  memory: Memory,
  at: number,
  part: SessionPart,
  dates: Calendar,
): Cap | 'reached' | undefined {
  // A touchpoint outside any session is one by itself, and leaves the next session's count alone.
  if (per === 'session' && part === 'alone') return count > 0 ? undefined : 'reached';
  const period = per === 'session' ? SESSION : per === 'ever' ? 0 : dates[per](at);
  const last = per === 'session' && part === 'start' ? undefined : memory.read(cap);
  const used = last?.[0] === period ? last[1] : 0;
  return used >= count ? 'reached' : [period, used + 1];
}
