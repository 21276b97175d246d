import { calendar, type Calendar } from './calendar.js';
import { conditionTest, type Memory, type Sight, type Touch } from './condition.js';
import { contentRules, type ResolvedContent } from './content.js';
import type { JourneyModel } from './model.js';
import { fitRules, type Fit } from './persona.js';
import { decayed, scoreRules, UNSCORED, type ScoreChange, type ScoreState } from './score.js';
import { stageRules, type StageMove } from './stage.js';
import { relayTest } from './relays.js';
import { isDoneTo, originAfter, readAs, type Origin, type Read, type SessionPart } from './visit.js';
import { countsAsHuman, type Traits } from './touchpoint.js';

/** All that the next touchpoint of a lead needs to know of those before; plain JSON, kept with the lead. Times in ms. */
export interface JourneyState extends Memory, ScoreState {
  readonly touches: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly lastId: string | null;
  /** The running visit: id of its first touchpoint, time of the last; of those that a person did. */
  readonly session: readonly [id: string, at: number] | null;
  /** Where the running session came from. */
  readonly origin: Origin | null;
  readonly stage: string | null;
}

export const NO_JOURNEY: JourneyState = {
  ...UNSCORED,
  counts: {},
  triggers: {},
  touches: 0,
  firstAt: null,
  lastAt: null,
  lastId: null,
  session: null,
  origin: null,
  stage: null,
};

/** What one touchpoint did, and how it is read. */
export interface Step extends Read {
  readonly content: ResolvedContent | undefined;
  readonly session: string;
  readonly part: SessionPart;
  /** It is the origin of what follows in its visit. */
  readonly setsOrigin: boolean;
  readonly move?: StageMove;
  readonly change?: ScoreChange;
}

interface Advance {
  readonly state: JourneyState;
  readonly step: Step;
}

/** A model compiled for use. `advance` takes touchpoints in the order of (occurredAt, id). */
export interface JourneyRules {
  readonly model: JourneyModel;
  readonly fit: (traits: Traits) => Fit;
  /** Of the model's time zone. */
  readonly dates: Calendar;
  readonly advance: (persona: string | null, state: JourneyState, touch: Touch) => Advance;
}

const compiled = new WeakMap<JourneyModel, JourneyRules>();

/** Compiles a model once for each document object. */
export function rulesOf(model: JourneyModel): JourneyRules {
  let rules = compiled.get(model);
  if (!rules) compiled.set(model, (rules = compile(model)));
  return rules;
}

interface PersonaRules {
  readonly enter: ReturnType<typeof stageRules>;
  readonly scoring: ReturnType<typeof scoreRules>;
}

function compile(model: JourneyModel): JourneyRules {
  const content = contentRules(model);
  const triggers = model.triggers.map(({ id, when }) => ({ id, test: conditionTest(when, `trigger/${id}`) }));
  const dates = calendar(model.timeZone);
  const isRelay = relayTest(model.relays);
  const byPersona = new Map<string | null, PersonaRules>();
  const rulesFor = (persona: string | null): PersonaRules => {
    let rules = byPersona.get(persona);
    if (!rules) {
      const stages = model.personas.find(({ id }) => id === persona)?.stages ?? model.stages;
      rules = { enter: stageRules(stages), scoring: scoreRules(model.scoring, persona, dates) };
      byPersona.set(persona, rules);
    }
    return rules;
  };
  const idle = model.sessionIdleMinutes * 60_000;
  return {
    model,
    fit: fitRules(model),
    dates,
    advance(persona, before, touch) {
      const seen = {
        ...before,
        touches: before.touches + 1,
        firstAt: before.firstAt ?? touch.at,
        lastAt: touch.at,
        lastId: touch.id,
      };
      const resolved = content(touch.content);
      const running = before.session && touch.at - before.session[1] <= idle ? before.session[0] : undefined;
      const session = running ?? touch.id;
      // A machine moves no stage, earns no score and keeps no session alive; it is only listed.
      if (!countsAsHuman(touch.verdict)) {
        const part = running === undefined ? 'alone' : 'within';
        return {
          state: seen,
          step: { touch, own: touch, content: resolved, session, part, setsOrigin: false },
        };
      }
      const visit = running === undefined ? null : before.origin;
      const read = readAs(touch, visit, isRelay);
      const origin = read.originId === undefined ? originAfter(read.touch, visit) : visit;
      const part = running !== undefined ? 'within' : isDoneTo(touch.kind) ? 'alone' : 'start';
      const known = { touch: read.touch, content: resolved };
      const counts: Record<string, readonly number[]> = { ...before.counts };
      const fired: string[] = [];
      const sight: Sight = { ...known, fired, memory: before, lastAt: before.session?.[1] ?? null, counts };
      for (const { id, test } of triggers) if (test(sight)) fired.push(id);
      const rules = rulesFor(persona);
      const move = rules.enter(sight, before.stage);
      const { state: score, change } = rules.scoring(sight, session, before);
      const state: JourneyState = {
        ...seen,
        score: score.score,
        scoredAt: score.scoredAt,
        caps: score.caps,
        once: score.once,
        counts,
        triggers:
          fired.length === 0
            ? before.triggers
            : { ...before.triggers, ...Object.fromEntries(fired.map((id) => [id, touch.at])) },
        session: isDoneTo(touch.kind) ? before.session : [session, touch.at],
        origin,
        stage: move?.to ?? before.stage,
      };
      const place = { session, part, setsOrigin: origin !== null && origin.id === touch.id } as const;
      const step = { ...read, ...place, content: resolved, ...(move && { move }), ...(change && { change }) };
      return { state, step };
    },
  };
}

export interface FoldedJourney {
  readonly state: JourneyState;
  readonly stage: string | null;
  /** At the last ledger row; `scoreAt` tells it for any time. */
  readonly score: number;
  readonly transitions: readonly (StageMove & { readonly eventId: string; readonly at: number })[];
  readonly ledger: readonly (ScoreChange & { readonly eventId: string; readonly at: number })[];
  readonly sessions: readonly string[];
  readonly perTouch: readonly Step[];
}

/** The order in which a journey is read: by time, then id. */
export const inOrder = (a: Touch, b: Touch): number =>
  a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** The whole journey of one person, read with the persona that the traits give. Touchpoints may come in any order. */
export function fold(
  model: JourneyModel,
  person: { readonly traits: Traits },
  touches: readonly Touch[],
): FoldedJourney {
  const rules = rulesOf(model);
  const { persona } = rules.fit(person.traits);
  let state = NO_JOURNEY;
  const perTouch = touches.toSorted(inOrder).map((touch) => {
    const next = rules.advance(persona, state, touch);
    state = next.state;
    return next.step;
  });
  const of = <T extends object>(touch: Touch, value: T | undefined) =>
    value ? [{ ...value, eventId: touch.id, at: touch.at }] : [];
  return {
    state,
    stage: state.stage,
    score: state.score,
    transitions: perTouch.flatMap(({ touch, move }) => of(touch, move)),
    ledger: perTouch.flatMap(({ touch, change }) => of(touch, change)),
    sessions: [...new Set(perTouch.map(({ session }) => session))],
    perTouch,
  };
}

/** The score of a lead at an instant (ms) not before its last ledger row. */
export const scoreAt = (model: JourneyModel, state: ScoreState, at: number): number =>
  decayed(state.score, state.scoredAt, at, model.scoring.halfLifeDays);
