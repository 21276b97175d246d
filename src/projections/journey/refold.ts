import type { ResolvedContent } from '../../domain/content.js';
import type { Position } from '../../domain/events.js';
import { inOrder, type Step } from '../../domain/journey.js';
import { JourneyTimeline } from '../../domain/journey-timeline.js';
import type { JourneyEntry, Lead } from './records.js';
import type { MoveRow, ScoreRow, TouchRow } from './rows.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Adds the newest touchpoint of a lead, without looking at the journey unless it is at hand. */
export function append(uow: UnitOfWork, lead: Lead, entry: JourneyEntry, position: Position): void {
  if (lead.timeline) {
    insert(uow, lead, entry, position);
    return;
  }
  const { state, step } = uow
    .rules(lead.workspace)
    .advance(lead.profile?.persona ?? null, lead.journey, entry.fact.touch);
  lead.journey = state;
  lead.entries.set(entry.fact.touch.id, entry);
  writeStep(uow, lead, entry, step, position);
}

/** Adds a touchpoint to a journey that was read, wherever it belongs. */
export function insert(uow: UnitOfWork, lead: Lead, entry: JourneyEntry, position: Position): void {
  const timeline = (lead.timeline ??= timelineOf(uow, lead));
  lead.entries.set(entry.fact.touch.id, entry);
  for (const { step } of timeline.insert(entry.fact.touch)) {
    const changed = lead.entries.get(step.own.id);
    if (changed) writeStep(uow, lead, changed, step, position);
  }
}

/**
 * Makes these the touchpoints of a lead, and folds them with its persona as it is now. What is at hand of the journey is
 * kept as far as it holds.
 */
export function refold(
  uow: UnitOfWork,
  lead: Lead,
  entries: readonly JourneyEntry[],
  position: Position,
): void {
  const before = lead.entries;
  lead.entries = new Map(entries.map((entry) => [entry.fact.touch.id, entry]));
  const rules = uow.rules(lead.workspace);
  const persona = lead.profile?.persona ?? null;
  if (lead.timeline?.isOf(rules, persona)) {
    for (const [id, { fact }] of before) if (!lead.entries.has(id)) lead.timeline.remove(fact.touch);
    for (const [id, { fact }] of lead.entries) if (!before.has(id)) lead.timeline.insert(fact.touch);
  } else {
    lead.timeline = timelineOf(uow, lead);
  }
  for (const step of lead.timeline.steps()) {
    const entry = lead.entries.get(step.own.id);
    if (entry) writeStep(uow, lead, entry, step, position);
  }
}

function timelineOf(uow: UnitOfWork, lead: Lead): JourneyTimeline {
  const timeline = new JourneyTimeline(uow.rules(lead.workspace), lead.profile?.persona ?? null);
  const touches = [...lead.entries.values()].map(({ fact }) => fact.touch);
  for (const touch of touches.sort(inOrder)) timeline.insert(touch);
  return timeline;
}

/** Brings the rows of a touchpoint in line with what its step is now. */
function writeStep(uow: UnitOfWork, lead: Lead, entry: JourneyEntry, step: Step, position: Position): void {
  const { changes } = uow;
  entry.row = replaced(
    changes.journey,
    entry.row,
    touchRow(uow, lead, entry, step, position),
    sameTouch,
    position,
  );
  const about = {
    workspace: lead.workspace,
    leadId: lead.id,
    eventId: step.own.id,
    at: step.own.at,
    persona: lead.profile?.persona ?? null,
    ...begins(position),
  };
  const { move, change } = step;
  entry.move = replaced(changes.moves, entry.move, move && { ...about, ...move }, sameMove, position);
  entry.score = replaced(changes.scores, entry.score, change && { ...about, ...change }, sameScore, position);
}

const begins = (position: Position) => ({ knownFrom: position, supersededAt: null, stored: false });

interface Changes<Row> {
  add(row: Row): void;
  end(row: Row, at: Position): void;
}

/** @returns the row that stands now: the one before, if the new one says the same */
function replaced<Row extends { readonly knownFrom: Position }>(
  changes: Changes<Row>,
  before: Row | undefined,
  after: Row | undefined,
  same: (a: Row, b: Row) => boolean,
  position: Position,
): Row | undefined {
  if (before && after && same(before, after)) return before;
  if (before) changes.end(before, position);
  if (after) changes.add(after);
  return after;
}

function touchRow(
  uow: UnitOfWork,
  lead: Lead,
  { fact, linkedBy }: JourneyEntry,
  step: Step,
  position: Position,
): TouchRow {
  return {
    workspace: lead.workspace,
    leadId: lead.id,
    fact,
    linkedBy,
    session: step.part,
    setsOrigin: step.setsOrigin,
    own: step.own,
    relay: step.relay,
    content: step.content,
    day: uow.rules(lead.workspace).dates.day(fact.touch.at),
    ...begins(position),
  };
}

const sameTouch = (a: TouchRow, b: TouchRow): boolean =>
  a.leadId === b.leadId &&
  a.session === b.session &&
  a.setsOrigin === b.setsOrigin &&
  a.relay === b.relay &&
  a.linkedBy === b.linkedBy &&
  sameContent(a.content, b.content);

const sameContent = (a: ResolvedContent | undefined, b: ResolvedContent | undefined): boolean =>
  a?.id === b?.id && a?.title === b?.title && a?.type === b?.type && a?.stage === b?.stage;

const sameMove = (a: MoveRow, b: MoveRow): boolean =>
  a.leadId === b.leadId && a.persona === b.persona && a.from === b.from && a.to === b.to && a.rule === b.rule;

const sameScore = (a: ScoreRow, b: ScoreRow): boolean =>
  a.leadId === b.leadId && a.persona === b.persona && a.rule === b.rule && a.points === b.points;
