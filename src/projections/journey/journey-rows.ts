import type { ResolvedContent } from '../../domain/content.js';
import type { Position } from '../../domain/events.js';
import { inOrder, type Step } from '../../domain/journey.js';
import type { ScoreChange } from '../../domain/score.js';
import type { StageMove } from '../../domain/stage.js';
import type { JourneyEntry } from './lead-journey.js';
import type { Lead } from './records.js';
import type { MoveRow, ScoreRow, TouchRow } from './rows.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Adds touchpoints to a lead's journey, which is read where one of them is not the newest. */
export async function addTouchpoints(
  uow: UnitOfWork,
  lead: Lead,
  entries: readonly JourneyEntry[],
): Promise<void> {
  const rules = uow.rules(lead.workspace);
  for (const entry of entries.toSorted((a, b) => inOrder(a.fact.touch, b.fact.touch))) {
    if (!lead.journey.isBefore(entry.fact.touch)) await uow.journeyOf(lead);
    lead.journey.add(entry, rules, personaOf(lead));
  }
}

/** Makes these the touchpoints of a lead that was read; what is known of the journey is kept as far as it holds. */
export async function replaceTouchpoints(
  uow: UnitOfWork,
  lead: Lead,
  entries: readonly JourneyEntry[],
): Promise<void> {
  const rules = uow.rules(lead.workspace);
  const kept = new Set(entries.map(({ fact }) => fact.touch.id));
  const leaving = [...lead.journey.entries.values()].filter(({ fact }) => !kept.has(fact.touch.id));
  const before = new Set(lead.journey.entries.keys());
  for (const entry of leaving) lead.journey.remove(entry, rules, personaOf(lead));
  await rereadJourney(uow, lead);
  await addTouchpoints(
    uow,
    lead,
    entries.filter(({ fact }) => !before.has(fact.touch.id)),
  );
}

/** Reads the journey again as one of the persona that the lead has now. */
export async function rereadJourney(uow: UnitOfWork, lead: Lead): Promise<void> {
  if (lead.journey.isEmpty) return;
  await uow.journeyOf(lead);
  lead.journey.readAs(uow.rules(lead.workspace), personaOf(lead));
}

/** Writes the rows of what changed in the journey. */
export function writeJourney(uow: UnitOfWork, lead: Lead, position: Position): void {
  for (const { entry, step } of lead.journey.takeChanged()) writeStep(uow, lead, entry, step, position);
}

export const personaOf = ({ profile }: Lead): string | null => profile?.persona ?? null;

/** Brings the rows of a touchpoint in line with what its step is now. */
function writeStep(uow: UnitOfWork, lead: Lead, entry: JourneyEntry, step: Step, position: Position): void {
  const { changes } = uow;
  const { move, change } = step;
  if (!isTouch(entry.row, lead, step))
    entry.row = replaced(changes.journey, entry.row, touchRow(uow, lead, entry, step, position), position);
  if (!isMove(entry.move, lead, move))
    entry.move = replaced(
      changes.moves,
      entry.move,
      move && { ...about(lead, step), ...move, ...begins(position) },
      position,
    );
  if (!isScore(entry.score, lead, change))
    entry.score = replaced(
      changes.scores,
      entry.score,
      change && { ...about(lead, step), ...change, ...begins(position) },
      position,
    );
}

const about = (lead: Lead, { own }: Step) => ({
  workspace: lead.workspace,
  leadId: lead.id,
  eventId: own.id,
  at: own.at,
});

const begins = (position: Position) => ({ knownFrom: position, supersededAt: null, stored: false });

interface Changes<Row> {
  add(row: Row): void;
  end(row: Row, at: Position): void;
}

function replaced<Row>(
  changes: Changes<Row>,
  before: Row | undefined,
  after: Row | undefined,
  position: Position,
): Row | undefined {
  if (before) changes.end(before, position);
  if (after) changes.add(after);
  return after;
}

function touchRow(
  uow: UnitOfWork,
  lead: Lead,
  { fact }: JourneyEntry,
  step: Step,
  position: Position,
): TouchRow {
  return {
    workspace: lead.workspace,
    leadId: lead.id,
    fact,
    session: step.part,
    setsOrigin: step.setsOrigin,
    own: step.own,
    relay: step.relay,
    content: step.content,
    day: uow.rules(lead.workspace).dates.day(fact.touch.at),
    ...begins(position),
  };
}

/** Whether a row says what a step is now. */
const isTouch = (row: TouchRow | undefined, lead: Lead, step: Step): boolean =>
  row?.leadId === lead.id &&
  row.session === step.part &&
  row.setsOrigin === step.setsOrigin &&
  row.relay === step.relay &&
  isContent(row.content, step.content);

const isContent = (a: ResolvedContent | undefined, b: ResolvedContent | undefined): boolean =>
  a === b || (a?.id === b?.id && a?.title === b?.title && a?.type === b?.type && a?.stage === b?.stage);

const isMove = (row: MoveRow | undefined, lead: Lead, move: StageMove | undefined): boolean =>
  row === undefined || move === undefined
    ? row === move
    : row.leadId === lead.id && row.from === move.from && row.to === move.to && row.rule === move.rule;

const isScore = (row: ScoreRow | undefined, lead: Lead, change: ScoreChange | undefined): boolean =>
  row === undefined || change === undefined
    ? row === change
    : row.leadId === lead.id && row.rule === change.rule && row.points === change.points;
