import { earlier, type IdentityKey, type Stamp } from './keys.js';
import type { DecisionStep, IdentityIndex, NamedFact } from './identity-index.js';
import { evolveKey } from './evolve-key.js';
import type { KeyState } from './key-state.js';
import type { KeyMove } from './moves.js';

/** The index as a decision sees it: with the moves it has decided on so far. The index itself stays as it is. */
export class Draft {
  readonly moves: KeyMove[] = [];
  readonly #keys = new Map<IdentityKey, KeyState>();
  readonly #lastFacts = new Map<string, Stamp>();

  constructor(private readonly index: IdentityIndex) {}

  key(key: IdentityKey): KeyState {
    const state = this.#keys.get(key) ?? this.index.key(key);
    if (!state) throw new Error(`${key} is asked for before it was loaded`);
    return state;
  }

  lastFact(leadId: string): Stamp | undefined {
    return this.#lastFacts.get(leadId) ?? this.index.lastFact(leadId);
  }

  /** Whether the lead has any fact. */
  hasFacts(leadId: string): boolean {
    return this.lastFact(leadId) !== undefined;
  }

  /** Facts of the lead may be as late as this. */
  noteLastFact(leadId: string, stamp: Stamp): void {
    const last = this.lastFact(leadId);
    if (!last || earlier(last, stamp)) this.#lastFacts.set(leadId, stamp);
  }

  move(move: KeyMove): void {
    this.#keys.set(move.key, evolveKey(this.key(move.key), move));
    this.moves.push(move);
  }

  *loadKeys(keys: Iterable<IdentityKey>): DecisionStep<void> {
    const missing = [...new Set(keys)].filter((key) => !this.index.key(key));
    if (missing.length > 0) yield { keys: missing };
  }

  /** The keys that the leads had before the decision. */
  *keysOf(leadIds: readonly string[]): DecisionStep<IdentityKey[]> {
    const missing = leadIds.filter((leadId) => !this.index.keysOf(leadId));
    if (missing.length > 0) yield { keysOf: missing };
    return leadIds.flatMap((leadId) => [...loaded(this.index.keysOf(leadId), leadId)]);
  }

  *loadFacts(leadIds: Iterable<string>): DecisionStep<void> {
    const missing = [...leadIds].filter((leadId) => !this.index.factsOf(leadId));
    if (missing.length > 0) yield { factsOf: missing };
  }

  /** The facts that the lead had before the decision. */
  factsOf(leadId: string): readonly NamedFact[] {
    return loaded(this.index.factsOf(leadId), leadId);
  }
}

function loaded<T>(value: T | undefined, leadId: string): T {
  if (value === undefined) throw new Error(`lead ${leadId} is asked for before it was loaded`);
  return value;
}
