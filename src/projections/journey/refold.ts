import { isDeepStrictEqual } from 'node:util';
import type { ResolvedContent } from '../../domain/content.js';
import type { Position } from '../../domain/events.js';
import { inOrder, NO_JOURNEY, type Step } from '../../domain/journey.js';
import { accountOf, profileOf, type Profile } from '../../domain/profile.js';
import type { Lead } from './records.js';
import type { MoveRow, ScoreRow, TouchFact, TouchRow } from './rows.js';
import type { UnitOfWork } from './unit-of-work.js';

/** A touchpoint of a journey that is to be folded; `row` is what stood for it before. */
export interface Entry {
  readonly fact: TouchFact;
  readonly linkedBy: string | undefined;
  readonly row: TouchRow | undefined;
}

/** Rows that stood before; what a refold finds again it takes out. */
export interface Standing {
  readonly moves: Map<string, MoveRow>;
  readonly scores: Map<string, ScoreRow>;
}

export function standing(leads: readonly Lead[]): Standing {
  return {
    moves: new Map(leads.flatMap(({ moves }) => moves.map((row) => [row.eventId, row] as const))),
    scores: new Map(leads.flatMap(({ scores }) => scores.map((row) => [row.eventId, row] as const))),
  };
}

/** Ends what no refold found again. */
export function endRest(uow: UnitOfWork, rest: Standing, position: Position): void {
  for (const row of rest.moves.values()) uow.changes.moves.end(row, position);
  for (const row of rest.scores.values()) uow.changes.scores.end(row, position);
}

/** Folds the newest touchpoint of a lead into its state, without looking at the journey. */
export function advance(uow: UnitOfWork, lead: Lead, entry: Entry, position: Position): void {
  const rules = uow.rules(lead.workspace);
  const { state, step } = rules.advance(lead.profile?.persona ?? null, lead.journey, entry.fact.touch);
  lead.journey = state;
  lead.touches.push(touchRow(uow, lead, entry, step, position));
  const { move, score } = rowsOf(lead, step, position);
  if (move) lead.moves.push(began(uow.changes.moves, move));
  if (score) lead.scores.push(began(uow.changes.scores, score));
}

/** Folds the whole journey anew and writes what comes out different from what stood. */
export function refold(
  uow: UnitOfWork,
  lead: Lead,
  entries: readonly Entry[],
  before: Standing,
  position: Position,
): void {
  const rules = uow.rules(lead.workspace);
  const persona = lead.profile?.persona ?? null;
  lead.journey = NO_JOURNEY;
  lead.touches = [];
  lead.moves = [];
  lead.scores = [];
  for (const entry of entries.toSorted((a, b) => inOrder(a.fact.touch, b.fact.touch))) {
    const { state, step } = rules.advance(persona, lead.journey, entry.fact.touch);
    lead.journey = state;
    lead.touches.push(touchRow(uow, lead, entry, step, position));
    const { move, score } = rowsOf(lead, step, position);
    const kept = { move: before.moves.get(step.touch.id), score: before.scores.get(step.touch.id) };
    if (move)
      lead.moves.push(
        kept.move && same(kept.move, move) ? keep(before.moves, kept.move) : began(uow.changes.moves, move),
      );
    if (score) {
      lead.scores.push(
        kept.score && same(kept.score, score)
          ? keep(before.scores, kept.score)
          : began(uow.changes.scores, score),
      );
    }
  }
}

/** Refolds one lead whose journey is in work; `added` is a touchpoint that is not in it yet. */
export function refoldAlone(uow: UnitOfWork, lead: Lead, position: Position, added?: Entry): void {
  const before = standing([lead]);
  const entries = [...lead.touches.map(asEntry), ...(added ? [added] : [])];
  refold(uow, lead, entries, before, position);
  endRest(uow, before, position);
}

export const asEntry = (row: TouchRow): Entry => ({ fact: row.fact, linkedBy: row.linkedBy, row });

/** Works out the profile anew. @returns whether the persona is another one, so that the journey reads differently */
export async function reprofile(uow: UnitOfWork, lead: Lead, position: Position): Promise<boolean> {
  const observed = await uow.observedAccount(lead, position);
  explainAccount(uow, lead, observed, position);
  const before = lead.profile;
  const profile = profileOf(lead.said, lead.names, uow.rules(lead.workspace).fit, observed);
  if (before && sameProfile(before, profile)) return false;
  if (lead.profileRow) uow.changes.profiles.end(lead.profileRow, position);
  const row = {
    workspace: lead.workspace,
    leadId: lead.id,
    profile,
    knownFrom: position,
    supersededAt: null,
    stored: false,
  };
  uow.changes.profiles.add(row);
  lead.alive = true;
  lead.profile = profile;
  lead.profileRow = row;
  return (before?.persona ?? null) !== profile.persona;
}

/** Keeps why the lead belongs to its account. */
function explainAccount(uow: UnitOfWork, lead: Lead, observed: string | undefined, position: Position): void {
  const { workspace, id: leadId, accountRow: before } = lead;
  const reason = accountOf(lead.said, lead.names, observed);
  if (
    before?.accountId === reason?.accountId &&
    before?.reason === reason?.reason &&
    before?.eventId === reason?.eventId
  )
    return;
  if (before) uow.changes.memberships.end(before, position);
  lead.accountRow = reason && {
    ...{ workspace, leadId, ...reason, knownFrom: position, supersededAt: null, stored: false },
  };
  if (lead.accountRow) uow.changes.memberships.add(lead.accountRow);
}

export function endProfile(uow: UnitOfWork, lead: Lead, position: Position): void {
  if (lead.accountRow) uow.changes.memberships.end(lead.accountRow, position);
  lead.accountRow = undefined;
  if (lead.profileRow) uow.changes.profiles.end(lead.profileRow, position);
  lead.profile = undefined;
  lead.profileRow = undefined;
}

function sameProfile(a: Profile, b: Profile): boolean {
  return (
    a.persona === b.persona &&
    a.grade === b.grade &&
    a.knownAt === b.knownAt &&
    a.email === b.email &&
    a.userId === b.userId &&
    a.accountId === b.accountId &&
    isDeepStrictEqual(a.traits, b.traits)
  );
}

function touchRow(uow: UnitOfWork, lead: Lead, entry: Entry, step: Step, position: Position): TouchRow {
  const { row, fact, linkedBy } = entry;
  const stays =
    row?.leadId === lead.id &&
    row.session === step.part &&
    row.setsOrigin === step.setsOrigin &&
    row.relay === step.relay &&
    row.linkedBy === linkedBy &&
    sameContent(row.content, step.content);
  if (stays) return row;
  if (row) uow.changes.journey.end(row, position);
  const next = {
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
  };
  return began(uow.changes.journey, { ...next, knownFrom: position, supersededAt: null, stored: false });
}

function sameContent(a: ResolvedContent | undefined, b: ResolvedContent | undefined): boolean {
  return a?.id === b?.id && a?.title === b?.title && a?.type === b?.type && a?.stage === b?.stage;
}

function rowsOf(lead: Lead, step: Step, knownFrom: Position): { move?: MoveRow; score?: ScoreRow } {
  const { move, change, touch } = step;
  if (!move && !change) return {};
  const row = {
    workspace: lead.workspace,
    leadId: lead.id,
    eventId: touch.id,
    at: touch.at,
    persona: lead.profile?.persona ?? null,
    knownFrom,
    supersededAt: null,
    stored: false,
  };
  return { ...(move && { move: { ...row, ...move } }), ...(change && { score: { ...row, ...change } }) };
}

const POSITIONAL = new Set(['knownFrom', 'supersededAt', 'stored']);

function same<Row extends object>(a: Row, b: Row): boolean {
  return Object.entries(a).every(([name, value]) => POSITIONAL.has(name) || b[name as keyof Row] === value);
}

function keep<Row extends { readonly eventId: string }>(from: Map<string, Row>, row: Row): Row {
  from.delete(row.eventId);
  return row;
}

function began<Row>(versions: { add(row: Row): void }, row: Row): Row {
  versions.add(row);
  return row;
}
