import type { KeyState } from './key-state.js';
import type { KeyMove } from './moves.js';
import { withEntry } from './persistent-map.js';

/** The state of a key after a move that concerns it. */
export function evolveKey(state: KeyState, move: KeyMove): KeyState {
  switch (move.type) {
    case 'key-seen':
      return { ...state, firstSeen: move.firstSeen };
    case 'keys-linked':
      return { ...state, links: withEntry(state.links, move.mainKey, move.stamp) };
    case 'keys-linked-publicly':
      return { ...state, publicLinks: withEntry(state.publicLinks, move.mainKey, move.link) };
    case 'public-link-noted':
      return { ...state, publicOthers: withEntry(state.publicOthers, move.otherKey, true) };
    case 'pair-decided':
      return { ...state, decisions: withEntry(state.decisions, move.otherKey, move.decision) };
    case 'claims-changed':
      return { ...state, claims: move.claims };
    case 'key-assigned':
      return { ...state, leadId: move.leadId };
  }
}
