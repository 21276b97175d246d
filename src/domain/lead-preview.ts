import type { Touch } from './condition.js';
import { triggerCell } from './condition.js';
import { inOrder, noJourney, rulesOf, scoreAt, stageOf, type JourneyState } from './journey.js';
import { readinessRules } from './lead-definition.js';
import { leadLifecycle } from './lead-lifecycle.js';
import type { DatedPoints, JourneyTouch, LeadAccount, LeadSnapshot } from './lead-snapshot.js';
import type { LeadAddress } from './email-kinds.js';
import type { Grade, JourneyModel } from './model/journey-model.js';
import { countsAsHuman, type Traits } from './touchpoint.js';

/** What is known of a lead, whichever model it is computed with. Times in ms. */
export interface LeadHistory {
  readonly leadId: string;
  readonly email: string | null;
  readonly traits: Traits;
  /** When it first had a known key; null: nobody knows who it is. */
  readonly knownAt: number | null;
  readonly emailDomain: string | null;
  readonly account: LeadAccount | null;
  /** Since when it does not want mail. */
  readonly optedOutAt: number | null;
  /** Its address bounced when mail to it last did. */
  readonly address: LeadAddress | null;
  readonly touches: readonly Touch[];
  /** When the first opportunity was opened that it is a contact of. */
  readonly openedAt: number | null;
  /** It is a contact of one that was won. */
  readonly won: boolean;
}

/** A lead as a model has it. */
export interface LeadOutcome {
  readonly persona: string | null;
  readonly stage: string | null;
  readonly grade: Grade | null;
  /** At the end of the history, two decimals. */
  readonly score: number;
  /** The highest before its first opportunity, if it has one. */
  readonly highestScore: number;
  /** The first instant before its first opportunity at which the lead definition held; null: none. */
  readonly qualifiedAt: number | null;
}

/**
 * Computes a lead with a model, and finds when it first met the lead definition: at a touchpoint, or when it became known. Nothing
 * is known of decisions, as the model would have made others.
 *
 * @param at the end of the history
 */
export function previewLead(
  model: JourneyModel,
  { touches, ...history }: LeadHistory,
  at: number,
): LeadOutcome {
  const rules = rulesOf(model);
  const { persona, grade } = rules.fit(history.traits, history.email);
  const knownAt = history.knownAt ?? Infinity;
  const openedAt = history.openedAt ?? Infinity;
  const definition = new Definition(model, history, { persona, grade });
  let state = noJourney();
  let highestScore = 0;
  let isKnown = false;
  for (const touch of touches.toSorted(inOrder)) {
    if (!isKnown && touch.at >= knownAt) {
      isKnown = true;
      if (touch.at > knownAt && knownAt < openedAt) definition.check(state, knownAt);
    }
    const next = rules.advance(persona, state, touch);
    state = next.state;
    const { step } = next;
    if (!countsAsHuman(step.own.verdict)) continue;
    definition.add(step, step.change && { at: touch.at, points: step.change.points });
    if (touch.at >= openedAt) continue;
    highestScore = Math.max(highestScore, state.score);
    if (isKnown) definition.check(state, touch.at);
  }
  if (!isKnown && knownAt <= at && knownAt < openedAt) definition.check(state, knownAt);
  const score = Math.round(scoreAt(model, state, at) * 100) / 100;
  return { persona, grade, stage: stageOf(state), score, highestScore, qualifiedAt: definition.metAt };
}

/** The lead definition of a model, followed along the journey of one lead. */
class Definition {
  /** The first instant at which it held. */
  metAt: number | null = null;
  readonly #touches: JourneyTouch[] = [];
  readonly #points: DatedPoints[] = [];

  constructor(
    private readonly model: JourneyModel,
    private readonly history: Omit<LeadHistory, 'touches'>,
    private readonly fit: Pick<LeadSnapshot, 'persona' | 'grade'>,
  ) {}

  add(touch: JourneyTouch, points: DatedPoints | undefined): void {
    if (this.metAt !== null) return;
    this.#touches.push(touch);
    if (points) this.#points.push(points);
  }

  check(state: JourneyState, at: number): void {
    const { hasDefinitions, lowestScore, readsJourney, assess } = readinessRules(this.model);
    if (this.metAt !== null || !hasDefinitions || scoreAt(this.model, state, at) < lowestScore) return;
    const lead = this.#leadAt(state, at);
    if (!assess(lead, at).ready) return;
    if (readsJourney(lead) && !assess({ ...lead, journey: this.#journey(state) }, at).ready) return;
    this.metAt = at;
  }

  #leadAt(state: JourneyState, at: number): LeadSnapshot {
    const { leadId, emailDomain, account, traits, optedOutAt, address } = this.history;
    return {
      ...{ leadId, emailDomain, account, traits, ...this.fit, known: true, hasOpenOpportunity: false },
      stage: stageOf(state),
      lifecycle: this.#points.some(({ points }) => points > 0) ? 'engaged' : 'raw',
      score: state,
      optedOutAt: since(optedOutAt, at),
      address: address && { ...address, bouncedAt: since(address.bouncedAt, at) },
      decided: leadLifecycle.initial,
    };
  }

  #journey({ cells }: JourneyState) {
    const triggers = this.model.triggers.flatMap(({ id }) => {
      const seen = cells[triggerCell(id).key];
      return typeof seen === 'number' ? [[id, seen] as const] : [];
    });
    return { touches: this.#touches, points: this.#points, triggers: new Map(triggers) };
  }
}

/** What began later has not begun at an instant. */
const since = (begun: number | null, at: number): number | null =>
  begun !== null && begun <= at ? begun : null;
