import type { Calendar } from './calendar.js';
import { conditionTest, type Sight } from './condition.js';
import { DAY_MS, listOf, type CapPeriod, type ScoreRule, type Scoring } from './model.js';

/** What the scoring of one lead remembers; plain JSON. */
export interface ScoreState {
  /** At `scoredAt`; decays from there. */
  readonly score: number;
  /** `occurredAt` of the last scored touchpoint, ms. */
  readonly scoredAt: number | null;
  /** By rule with a cap: the period of its last score, and how many scores it has had in it. */
  readonly caps: Readonly<Record<string, readonly [period: string | number, count: number]>>;
  /** By rule that scores a content once: the contents scored. */
  readonly once: Readonly<Record<string, readonly string[]>>;
}

export const UNSCORED: ScoreState = { score: 0, scoredAt: null, caps: {}, once: {} };

/** One row of the ledger. */
export interface ScoreChange {
  readonly rule: string;
  readonly points: number;
  /** Right after the touchpoint. */
  readonly scoreAfter: number;
}

/** `score(t) = score · 0.5^((t − scoredAt) / halfLife)`; times in ms. An earlier `t` gets the score undecayed. */
export function decayed(score: number, scoredAt: number | null, t: number, halfLifeDays: number): number {
  if (scoredAt === null || t <= scoredAt) return score;
  return score * 2 ** (-(t - scoredAt) / (halfLifeDays * DAY_MS));
}

type Scorer = (
  sight: Sight,
  session: string,
  before: ScoreState,
) => { state: ScoreState; change?: ScoreChange };

/**
 * Compiles the scoring for one persona. The first rule that a touchpoint meets scores it; if that rule's cap is
 * reached, or it has scored the content before, or gives no points, the touchpoint is not scored.
 * Call it once for each touchpoint that counts, in order.
 */
export function scoreRules(scoring: Scoring, persona: string | null, dates: Calendar): Scorer {
  const rules = scoring.rules
    .filter((rule) => rule.persona === undefined || listOf(rule.persona).includes(persona ?? ''))
    .map((rule) => ({ rule, test: conditionTest(rule.when, `score/${rule.name}`) }));
  return (sight, session, before) => {
    // Every test is called: a count learns from each touchpoint, whichever rule scores it.
    const met = rules.filter(({ test }) => test(sight));
    const rule = met[0]?.rule;
    const content = sight.content?.id;
    if (!rule || rule.points === 0 || isRepeat(rule, content, before)) return { state: before };
    const period = rule.cap ? periodOf(rule.cap.per, sight.touch.at, session, dates) : '';
    const used = timesUsed(rule, period, before);
    if (rule.cap && used >= rule.cap.count) return { state: before };
    const score = decayed(before.score, before.scoredAt, sight.touch.at, scoring.halfLifeDays) + rule.points;
    return {
      state: {
        score,
        scoredAt: sight.touch.at,
        caps: rule.cap ? { ...before.caps, [rule.name]: [period, used + 1] } : before.caps,
        once:
          rule.oncePerContent && content !== undefined
            ? withContent(before, rule.name, content)
            : before.once,
      },
      change: { rule: rule.name, points: rule.points, scoreAfter: score },
    };
  };
}

/** A rule may have any name, also one that every object knows, such as `constructor`. */
const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

const isRepeat = (rule: ScoreRule, content: string | undefined, { once }: ScoreState): boolean =>
  rule.oncePerContent === true && content !== undefined && (own(once, rule.name)?.includes(content) ?? false);

const withContent = ({ once }: ScoreState, rule: string, content: string): ScoreState['once'] => ({
  ...once,
  [rule]: [...(own(once, rule) ?? []), content],
});

function timesUsed(rule: ScoreRule, period: string | number, { caps }: ScoreState): number {
  const last = caps[rule.name];
  return last?.[0] === period ? last[1] : 0;
}

function periodOf(per: CapPeriod, at: number, session: string, dates: Calendar): string | number {
  if (per === 'session') return session;
  return per === 'ever' ? 0 : dates[per](at);
}
