import type { KeyState } from '../../domain/identity/key-state.js';
import type { KeyMove, LeadMove, Move } from '../../domain/identity/moves.js';
import { linksBetween } from '../../domain/identity/public-claims.js';
import { addToLead } from './add-to-lead.js';
import type { Fact } from './facts.js';
import type { Loading } from './loading.js';
import { moveFacts, rederiveLeads } from './move-facts.js';
import type { Lead } from './records.js';
import { refreshProfile } from './refresh-profile.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Applies what was decided about a fact to the keys and leads in work. */
export function* applyMoves(unit: UnitOfWork, fact: Fact, moves: readonly Move[]): Loading {
  const leadMoves: LeadMove[] = [];
  for (const move of moves) {
    if ('key' in move) applyKeyMove(unit, fact, move);
    else leadMoves.push(move);
  }
  const lead = (leadId: string): Lead => unit.lead(fact.workspace, leadId);
  const leadsOf = (type: Exclude<LeadMove['type'], 'facts-moved'>): Lead[] =>
    leadMoves.flatMap((move) => (move.type === type ? [lead(move.leadId)] : []));
  const changed = leadsOf('lead-keys-changed');
  const rederived = leadsOf('lead-rederived');
  const [home] = leadsOf('fact-added');
  const moved = leadMoves.flatMap((move) =>
    move.type === 'facts-moved' ? [{ ...move, from: lead(move.from), to: lead(move.to) }] : [],
  );
  if (rederived.length > 0) yield* rederiveLeads(unit, fact, rederived, moved, home);
  else {
    if (moved.length > 0) yield* moveFacts(unit, moved, fact.position);
    if (home) yield* addToLead(unit, home, fact, changed.includes(home));
  }
  for (const each of changed) yield* refreshProfile(unit, each, fact.position);
}

/** Applies a move to the record of its key, and to the rows of links that say so. */
function applyKeyMove(unit: UnitOfWork, { workspace, position }: Fact, move: KeyMove): void {
  const record = unit.key(workspace, move.key);
  const before = record.state;
  record.apply(move);
  switch (move.type) {
    case 'key-assigned':
      record.joinLead(unit.lead(workspace, move.leadId));
      return;
    case 'keys-linked':
    case 'keys-linked-publicly': {
      const links = ({ links: joined, publicLinks }: KeyState) =>
        linksBetween(joined.get(move.mainKey), publicLinks.get(move.mainKey));
      const pair = { workspace, key: move.mainKey, otherKey: move.key };
      unit.changes.link(pair, links(before), links(record.state), position);
      return;
    }
    case 'pair-decided': {
      // Both keys note it; there is one row, under the lesser.
      if (move.otherKey < move.key) return;
      const pair = { workspace, key: move.key, otherKey: move.otherKey };
      const last = before.decisions.get(move.otherKey);
      const links = [last, move.decision].map((each) => (each ? [{ kind: each.kind, stamp: each }] : []));
      unit.changes.link(pair, links[0] ?? [], links[1] ?? [], position);
      return;
    }
    default:
  }
}
