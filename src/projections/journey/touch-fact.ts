import type { Touch } from '../../domain/condition.js';
import type { ResolvedContent } from '../../domain/content.js';
import type { Position } from '../../domain/events.js';
import type { IdentityKey } from '../../domain/identity/keys.js';
import type { Clamped, ContentRef, KeyScope } from '../../domain/touchpoint.js';
import { sameJudgement, type Judgement } from '../../domain/verdict/judgement.js';
import type { VerdictReason } from '../../domain/verdict/reasons.js';
import { touchOfRow } from '../../read-models/journey-touch.js';
import type { TouchRow } from './rows.js';
import type { TouchDetail } from './touch-detail.js';
import type { RuleInForce } from './verdict-rules.js';

/** A touchpoint as its event recorded it; what follows from other events is in its row. */
export interface TouchFact {
  readonly touch: Touch;
  readonly position: Position;
  readonly recordedAt: number;
  readonly identity: readonly IdentityKey[];
  readonly collector: string | undefined;
  readonly rep: string | undefined;
  readonly clamped: Clamped | undefined;
  readonly keyScope: KeyScope | undefined;
  /** Why the touchpoint has its verdict. */
  readonly reasons: readonly VerdictReason[];
  /** What the event itself says, where other events of the same mail say otherwise. */
  readonly recorded: Judgement | undefined;
  /** The rule that decides, and what other events of the same mail say, where they differ from the event itself. */
  readonly rule: string | undefined;
  readonly derived: Judgement | undefined;
}

export const NO_REASONS: readonly VerdictReason[] = [];

const judgementOf = ({ touch, reasons }: TouchFact): Judgement => ({ verdict: touch.verdict, reasons });
const recordedOf = (fact: TouchFact): Judgement => fact.recorded ?? judgementOf(fact);
const BY_RULE: readonly VerdictReason[] = ['rule'];

/** A later version counts, for good: neither rules nor mails say otherwise. */
const isSuperseded = ({ verdict }: Pick<Judgement, 'verdict'>): boolean => verdict === 'superseded';

/** The touchpoint as other events of the same mail or activity have it judged; a rule goes before those of the mail. */
export function withJudgement(fact: TouchFact, derived: Judgement): TouchFact {
  if (isSuperseded(fact.touch)) return fact;
  if (isSuperseded(derived) || fact.rule === undefined) return judged(fact, derived, undefined);
  return judged(fact, derived, { ruleId: fact.rule, verdict: fact.touch.verdict });
}

/** The touchpoint as a rule has it judged; undefined: none does. */
export function withRule(fact: TouchFact, rule: RuleInForce | undefined): TouchFact {
  if (isSuperseded(fact.touch)) return fact;
  const derived = fact.rule === undefined ? judgementOf(fact) : (fact.derived ?? recordedOf(fact));
  return judged(fact, derived, rule);
}

function judged(fact: TouchFact, derived: Judgement, rule: RuleInForce | undefined): TouchFact {
  const recorded = recordedOf(fact);
  const judgement = rule ? { verdict: rule.verdict, reasons: BY_RULE } : derived;
  return {
    ...fact,
    touch: { ...fact.touch, verdict: judgement.verdict },
    reasons: judgement.reasons,
    recorded: sameJudgement(recorded, judgement) ? undefined : recorded,
    derived: rule && !sameJudgement(recorded, derived) ? derived : undefined,
    rule: rule?.ruleId,
  };
}

/** Whether a row says what a touchpoint is judged to be. */
export const isJudgedAs = ({ verdict, detail }: TouchRow, fact: TouchFact): boolean =>
  sameJudgement({ verdict, reasons: detail?.reasons ?? NO_REASONS }, judgementOf(fact)) &&
  detail?.rule === fact.rule &&
  (detail?.derived === fact.derived ||
    (detail?.derived !== undefined &&
      fact.derived !== undefined &&
      sameJudgement(detail.derived, fact.derived)));

/** What a touchpoint's row says of the touchpoint beside its columns. */
export function detailOf(
  { touch: { content, properties }, clamped, reasons, recorded, rule, derived }: TouchFact,
  relay: string | undefined,
  resolved: ResolvedContent | undefined,
): TouchDetail | null {
  const named = content && (content.id ?? content.title ?? content.type) !== undefined;
  const sent = properties && Object.keys(properties).length > 0;
  const isExplained = reasons.length > 0;
  if (!named && !sent && !clamped && relay === undefined && !isExplained && !recorded) return null;
  return {
    ...(named && { content: isAsNamed(content, resolved) || content }),
    ...(sent && { properties }),
    ...(clamped && { clamped }),
    ...(relay !== undefined && { relay }),
    ...(isExplained && { reasons }),
    ...(recorded && { recorded }),
    ...(rule !== undefined && { rule }),
    ...(derived && { derived }),
  };
}

const isAsNamed = (named: ContentRef, resolved: ResolvedContent | undefined): boolean =>
  named.id === resolved?.id &&
  named.url === resolved?.url &&
  named.title === resolved?.title &&
  named.type === resolved?.type;

const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined;

/** The touchpoint that a row was written for, as its event recorded it. */
export function factOfRow(row: TouchRow): TouchFact {
  return {
    touch: touchOfRow(row),
    position: row.position,
    recordedAt: row.recordedAt,
    identity: row.identity,
    collector: orUndefined(row.collector),
    rep: orUndefined(row.rep),
    clamped: row.detail?.clamped,
    keyScope: orUndefined(row.keyScope),
    reasons: row.detail?.reasons ?? NO_REASONS,
    recorded: row.detail?.recorded,
    rule: row.detail?.rule,
    derived: row.detail?.derived,
  };
}
