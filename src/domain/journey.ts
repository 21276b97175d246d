import { calendar, type Calendar } from './calendar.js';
import { conditionTest, triggerCell, type TouchContext, type Touch } from './condition.js';
import { contentRules, type ResolvedContent } from './content.js';
import type { Stamp } from './identity/keys.js';
import type { Cell, Cells, CellValue, Memory } from './memory.js';
import type { JourneyModel } from './model/journey-model.js';
import type { LeadAddress } from './email-kinds.js';
import { fitRules, type FitRules } from './persona.js';
import { decayed, scoreAfter, scoreRules, UNSCORED, type ScoreChange, type ScoreState } from './score.js';
import { STAGE, stageRules, type StageMove } from './stage.js';
import { relayTest } from './relays.js';
import {
  LAST_AT,
  resolveSessions,
  sessionRules,
  type SessionTouch,
  type ResolvedSession,
} from './session.js';
import { countsAsHuman, type ContentRef, type Traits } from './touchpoint.js';

/** All that the next touchpoint of a lead needs to know of those before; plain JSON, kept with the lead. Times in ms. */
export interface JourneyState extends ScoreState {
  /** Touchpoints without superseded versions of activities, as `firstAt` and `lastAt` are of these. */
  readonly touches: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  /** Own labels of the first touchpoint. */
  readonly firstOrigin: Pick<Touch, 'source' | 'campaign'> | null;
  /** The first touchpoint that earned points (more than 0), and the first nurture touch. */
  readonly earnedAt: number | null;
  readonly nurturedAt: number | null;
  /** The last of all in the order of journeys. */
  readonly newest: Stamp | null;
  readonly cells: Cells;
}

export const noJourney = (): JourneyState => ({
  ...UNSCORED,
  touches: 0,
  firstAt: null,
  lastAt: null,
  firstOrigin: null,
  earnedAt: null,
  nurturedAt: null,
  newest: null,
  cells: {},
});

/** The buying stage; null: none was entered. */
export const stageOf = ({ cells }: Pick<JourneyState, 'cells'>): string | null =>
  (cells[STAGE.key] as string | undefined) ?? null;

/** What one touchpoint did, and how it is read. It follows from the touchpoint and the cells that it reads. */
export interface Step extends SessionTouch {
  readonly content: ResolvedContent | undefined;
  readonly move?: StageMove;
  readonly change?: ScoreChange;
  /** A nurture rule of the model matches it. */
  readonly isNurture: boolean;
}

interface Advance {
  readonly state: JourneyState;
  readonly step: Step;
}

/** A model compiled for use. */
export interface JourneyRules {
  readonly model: JourneyModel;
  readonly fit: FitRules;
  /** Of the model's time zone. */
  readonly dates: Calendar;
  readonly contentOf: (ref: ContentRef | undefined) => ResolvedContent | undefined;
  /** Reads one touchpoint, given what those before it left. */
  readonly step: (persona: string | null, touch: Touch, memory: Memory) => Step;
  /** Takes touchpoints in the order of (occurredAt, id). The cells of `state` become those of the new state: they are many. */
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
  const contentOf = contentRules(model);
  const triggers = model.triggers.map(({ id, when }) => ({ id, test: conditionTest(when, `trigger/${id}`) }));
  const nurture = (model.nurture ?? []).map(({ name, when }) => conditionTest(when, `nurture/${name}`));
  const dates = calendar(model.timeZone);
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
  const readInSession = sessionRules(model.sessionIdleMinutes * 60_000, relayTest(model.relays));
  const step: JourneyRules['step'] = (persona, touch, memory) => {
    const read = { ...readInSession(touch, memory), content: contentOf(touch.content), isNurture: false };
    // A machine, or what did not take place, moves no stage, earns no score and keeps no session alive; it is only listed.
    if (!countsAsHuman(touch.verdict)) return read;
    const lastAt = memory.read(LAST_AT) ?? null;
    const fired: string[] = [];
    const sight: TouchContext = { touch: read.touch, content: read.content, fired, memory, lastAt };
    for (const { id, test } of triggers) if (test(sight)) fired.push(id);
    for (const id of fired) memory.write(triggerCell(id), touch.at);
    const { enter, scoring } = rulesFor(persona);
    const move = enter(sight);
    const change = scoring(sight, read.part);
    const isNurture = nurture.some((test) => test(sight));
    return { ...read, isNurture, ...(move && { move }), ...(change && { change }) };
  };
  return {
    model,
    fit: fitRules(model),
    dates,
    contentOf,
    step,
    advance(persona, before, touch) {
      const written: Record<string, CellValue> = {};
      const done = step(persona, touch, {
        read: <Value extends CellValue>({ key }: Cell<Value>) => before.cells[key] as Value | undefined,
        write: ({ key }, value) => (written[key] = value),
      });
      const points = done.change?.points;
      const state = {
        ...(points === undefined ? before : scoreAfter(before, points, touch.at, model.scoring.halfLifeDays)),
        ...withStep(before, done),
        newest: { at: touch.at, id: touch.id },
        cells: Object.assign(before.cells, written),
      };
      return { state, step: done };
    },
  };
}

/** How far a journey reaches, and where it came by first. */
export type Extent = Pick<
  JourneyState,
  'touches' | 'firstAt' | 'lastAt' | 'firstOrigin' | 'earnedAt' | 'nurturedAt'
>;

/** With one more touchpoint, which is not before the others. */
export function withStep(before: Extent, { own, change, isNurture }: Step): Extent {
  if (own.verdict === 'superseded') return before;
  const { at, source, campaign } = own;
  return {
    touches: before.touches + 1,
    firstAt: before.firstAt ?? at,
    lastAt: at,
    firstOrigin: before.firstOrigin ?? { source, campaign },
    earnedAt: before.earnedAt ?? (change && change.points > 0 ? at : null),
    nurturedAt: before.nurturedAt ?? (isNurture ? at : null),
  };
}

export interface FoldedJourney {
  readonly state: JourneyState;
  readonly stage: string | null;
  /** At the last ledger row; `scoreAt` tells it for any time. */
  readonly score: number;
  readonly transitions: readonly (StageMove & { readonly eventId: string; readonly at: number })[];
  readonly ledger: readonly (ScoreChange & {
    readonly eventId: string;
    readonly at: number;
    /** Right after the touchpoint. */
    readonly scoreAfter: number;
  })[];
  readonly perTouch: readonly (Step & ResolvedSession)[];
}

/** The order in which a journey is read: by time, then id. */
export const inOrder = (a: Touch, b: Touch): number =>
  a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** The whole journey of one person, read with the persona that the traits give. Touchpoints may come in any order. */
export function fold(
  model: JourneyModel,
  person: { readonly traits: Traits; readonly address?: Pick<LeadAddress, 'email'> | null },
  touches: readonly Touch[],
): FoldedJourney {
  const rules = rulesOf(model);
  const { persona } = rules.fit(person.traits, person.address?.email ?? null);
  let state = noJourney();
  const transitions: Mutable<FoldedJourney['transitions']> = [];
  const ledger: Mutable<FoldedJourney['ledger']> = [];
  const steps = touches.toSorted(inOrder).map((touch) => {
    const next = rules.advance(persona, state, touch);
    state = next.state;
    const { move, change } = next.step;
    const cause = { eventId: touch.id, at: touch.at };
    if (move) transitions.push({ ...move, ...cause });
    if (change) ledger.push({ ...change, ...cause, scoreAfter: state.score });
    return next.step;
  });
  const sessions = resolveSessions(
    steps.map(({ own, part, setsOrigin }) => ({ ...own, session: part, setsOrigin })),
  );
  const perTouch = steps.map((step, nth) => {
    const { sessionId, originId } = sessions[nth] ?? { sessionId: step.touch.id };
    return { ...step, sessionId, ...(originId !== undefined && { originId }) };
  });
  return { state, stage: stageOf(state), score: state.score, transitions, ledger, perTouch };
}

type Mutable<List extends readonly unknown[]> = List[number][];

/** The score of a lead at an instant (ms) not before its last ledger row. */
export const scoreAt = (model: JourneyModel, state: ScoreState, at: number): number =>
  decayed(state.score, state.scoredAt, at, model.scoring.halfLifeDays);
