import type { KeyState } from './key-state.js';
import type { KeyMove } from './moves.js';

/** The state of a key after a move that concerns it. */
export function evolveKey(state: KeyState, move: KeyMove): KeyState {
  switch (move.type) {
    case 'key-seen':
      return { ...state, firstSeen: move.firstSeen };
    case 'keys-linked':
      return { ...state, links: new Map(state.links).set(move.mainKey, move.stamp) };
    case 'keys-linked-publicly':
      return { ...state, publicLinks: new Map(state.publicLinks).set(move.mainKey, move.link) };
    case 'public-link-noted':
      return { ...state, publicOthers: new Set(state.publicOthers).add(move.otherKey) };
    case 'pair-decided':
      return { ...state, decisions: new Map(state.decisions).set(move.otherKey, move.decision) };
    case 'claims-changed':
      return { ...state, claims: move.claims };
    case 'key-assigned':
      return { ...state, leadId: move.leadId };
  }
}
