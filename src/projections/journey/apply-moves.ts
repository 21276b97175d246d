import type { KeyState } from '../../domain/identity/key-state.js';
import type { KeyMove, Move } from '../../domain/identity/moves.js';
import { linksBetween } from '../../domain/identity/public-claims.js';
import { addToLead } from './add-to-lead.js';
import type { Fact } from './facts.js';
import { rereadJourney, writeJourney } from './journey-rows.js';
import type { Loading } from './loading.js';
import { moveFacts, rederiveLeads, type MovedFacts } from './move-facts.js';
import type { Lead } from './records.js';
import { refreshProfile } from './refresh-profile.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Applies what was decided about a fact to the keys and leads in work. */
export function* applyMoves(unit: UnitOfWork, fact: Fact, moves: readonly Move[]): Loading {
  const lead = (leadId: string): Lead => unit.lead(fact.workspace, leadId);
  const moved: MovedFacts[] = [];
  const rederived: Lead[] = [];
  const changed: Lead[] = [];
  let home: Lead | undefined;
  for (const move of moves) {
    switch (move.type) {
      case 'facts-moved':
        moved.push({ from: lead(move.from), to: lead(move.to), eventIds: move.eventIds });
        break;
      case 'lead-rederived':
        rederived.push(lead(move.leadId));
        break;
      case 'lead-keys-changed':
        changed.push(lead(move.leadId));
        break;
      case 'fact-added':
        home = lead(move.leadId);
        break;
      default:
        applyKeyMove(unit, fact, move);
    }
  }
  if (rederived.length > 0) yield* rederiveLeads(unit, fact, rederived, moved, home);
  else {
    if (moved.length > 0) yield* moveFacts(unit, moved, fact.position);
    if (home) yield* addToLead(unit, home, fact, changed.includes(home));
  }
  for (const each of changed)
    if (yield* refreshProfile(unit, each, fact.position)) {
      yield* rereadJourney(unit, each);
      writeJourney(unit, each, fact.position);
    }
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
