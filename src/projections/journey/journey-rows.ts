import type { ResolvedContent } from '../../domain/content.js';
import type { Position } from '../../domain/events.js';
import { inOrder, type Step } from '../../domain/journey.js';
import type { ScoreChange } from '../../domain/score.js';
import type { StageMove } from '../../domain/stage.js';
import type { Judgement } from '../../domain/verdict/judgement.js';
import type { JourneyEntry } from './lead-journey.js';
import type { Loading } from './loading.js';
import type { Lead } from './records.js';
import { startingAt } from '../../read-models/versioned-table.js';
import type { MoveRow, ScoreRow, TouchRow } from './rows.js';
import { detailOf, isJudgedAs, withJudgement, withRule, type TouchFact } from './touch-fact.js';
import type { UnitOfWork } from './unit-of-work.js';
import type { RuleInForce } from './verdict-rules.js';

/** Adds touchpoints to a lead's journey, which is read where one of them is not the newest. */
export function* addTouchpoints(unit: UnitOfWork, lead: Lead, entries: readonly JourneyEntry[]): Loading {
  const rules = unit.rules(lead);
  for (const entry of entries.toSorted((a, b) => inOrder(a.fact.touch, b.fact.touch))) {
    if (!lead.journey.isBefore(entry.fact.touch)) yield* unit.loadJourneyOf(lead);
    lead.journey.add(entry, rules, personaOf(lead));
  }
}

/** Makes these the touchpoints of a lead that was read; what is known of the journey is kept as far as it holds. */
export function* replaceTouchpoints(unit: UnitOfWork, lead: Lead, entries: readonly JourneyEntry[]): Loading {
  const rules = unit.rules(lead);
  const kept = new Set(entries.map(({ fact }) => fact.touch.id));
  const leaving = [...lead.journey.entries.values()].filter(({ fact }) => !kept.has(fact.touch.id));
  const before = new Set(lead.journey.entries.keys());
  for (const entry of leaving) lead.journey.remove(entry, rules, personaOf(lead));
  yield* rereadJourney(unit, lead);
  yield* addTouchpoints(
    unit,
    lead,
    entries.filter(({ fact }) => !before.has(fact.touch.id)),
  );
}

/** Reads the journey again as one of the persona that the lead has now. */
export function* rereadJourney(unit: UnitOfWork, lead: Lead): Loading {
  if (lead.journey.isEmpty) return;
  yield* unit.loadJourneyOf(lead);
  lead.journey.readAs(unit.rules(lead), personaOf(lead));
}

/** Reads the whole journey of a lead that was read by other rules than before. */
export function refoldJourney(unit: UnitOfWork, lead: Lead): void {
  lead.journey.refold(unit.rules(lead), personaOf(lead));
}

/** Has a touchpoint of a journey that was read count as what it is judged to be now. */
export function rejudgeTouchpoint(unit: UnitOfWork, lead: Lead, eventId: string, judgement: Judgement): void {
  const entry = lead.journey.entries.get(eventId);
  if (!entry) throw new Error(`touchpoint ${eventId} is not in the journey of lead ${lead.id}`);
  replaceFact(unit, lead, entry, withJudgement(entry.fact, judgement));
}

/** Has a rule decide about a touchpoint of a journey that was read, or none. @returns false: it is not in the journey */
export function ruleTouchpoint(
  unit: UnitOfWork,
  lead: Lead,
  eventId: string,
  rule: RuleInForce | undefined,
): boolean {
  const entry = lead.journey.entries.get(eventId);
  if (entry) replaceFact(unit, lead, entry, withRule(entry.fact, rule));
  return entry !== undefined;
}

function replaceFact(unit: UnitOfWork, lead: Lead, entry: JourneyEntry, fact: TouchFact): void {
  const rules = unit.rules(lead);
  lead.journey.remove(entry, rules, personaOf(lead));
  lead.journey.add({ ...entry, fact }, rules, personaOf(lead));
}

/** Writes the rows of what changed in the journey. */
export function writeJourney(unit: UnitOfWork, lead: Lead, position: Position): void {
  for (const { entry, step } of lead.journey.takeChanged()) writeStep(unit, lead, entry, step, position);
}

export const personaOf = ({ profile }: Lead): string | null => profile?.persona ?? null;

/** Brings the rows of a touchpoint in line with what its step is now. */
export function writeStep(
  unit: UnitOfWork,
  lead: Lead,
  entry: JourneyEntry,
  step: Step,
  position: Position,
): void {
  const { journey, moves, scores } = unit.changes;
  const { move, change } = step;
  const of = { workspace: lead.workspace, leadId: lead.id, eventId: step.own.id };
  if (!isTouch(entry, lead, step))
    entry.row = journey.replace(entry.row, touchRow(unit, lead, entry, step, position), position);
  if (!isMove(entry.move, lead, move)) {
    const row = move && { ...of, at: step.own.at, fromStage: move.from, toStage: move.to, rule: move.rule };
    entry.move = moves.replace(entry.move, row && { ...row, ...startingAt(position) }, position);
  }
  if (!isScore(entry.score, lead, change)) {
    const row = change && { ...of, occurredAt: step.own.at, rule: change.rule, points: change.points };
    entry.score = scores.replace(entry.score, row && { ...row, ...startingAt(position) }, position);
  }
}

function touchRow(
  unit: UnitOfWork,
  lead: Lead,
  { fact }: JourneyEntry,
  { own, content, relay, part, setsOrigin, isNurture }: Step,
  position: Position,
): TouchRow {
  return {
    workspace: lead.workspace,
    leadId: lead.id,
    eventId: own.id,
    position: fact.position,
    occurredAt: own.at,
    recordedAt: fact.recordedAt,
    kind: own.kind,
    name: own.name ?? null,
    channel: own.channel,
    source: own.source ?? null,
    medium: own.medium ?? null,
    campaign: own.campaign ?? null,
    contentId: content?.id ?? null,
    contentUrl: content?.url ?? null,
    contentTitle: content?.title ?? null,
    contentType: content?.type ?? null,
    contentStage: content?.stage ?? null,
    identity: fact.identity,
    collector: fact.collector ?? null,
    rep: fact.rep ?? null,
    verdict: own.verdict,
    session: part,
    setsOrigin,
    nurture: isNurture,
    detail: detailOf(fact, relay, content),
    occurredDate: unit.rules(lead).dates.day(own.at),
    keyScope: fact.keyScope ?? null,
    ...startingAt(position),
  };
}

/** Whether a row says what a step is now. */
const isTouch = ({ row, fact }: JourneyEntry, lead: Lead, step: Step): boolean =>
  row?.leadId === lead.id &&
  row.session === step.part &&
  row.setsOrigin === step.setsOrigin &&
  row.nurture === step.isNurture &&
  row.detail?.relay === step.relay &&
  isJudgedAs(row, fact) &&
  isContent(row, step.content);

const isContent = (row: TouchRow, content: ResolvedContent | undefined): boolean =>
  row.contentId === (content?.id ?? null) &&
  row.contentTitle === (content?.title ?? null) &&
  row.contentType === (content?.type ?? null) &&
  row.contentStage === (content?.stage ?? null);

const isMove = (row: MoveRow | undefined, lead: Lead, move: StageMove | undefined): boolean =>
  row === undefined || move === undefined
    ? row === move
    : row.leadId === lead.id &&
      row.fromStage === move.from &&
      row.toStage === move.to &&
      row.rule === move.rule;

const isScore = (row: ScoreRow | undefined, lead: Lead, change: ScoreChange | undefined): boolean =>
  row === undefined || change === undefined
    ? row === change
    : row.leadId === lead.id && row.rule === change.rule && row.points === change.points;
