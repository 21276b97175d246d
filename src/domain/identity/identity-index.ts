import type { IdentityKey, Stamp } from './keys.js';
import type { KeyState } from './key-state.js';

/** A fact of a lead, as far as its owner follows from it. */
export interface NamedFact extends Stamp {
  readonly keys: readonly IdentityKey[];
}

/**
 * What a decision reads: keys and leads of one workspace. A key is loaded with its lead; an anonymous one with all known
 * keys that ever claimed it, too.
 */
export interface IdentityIndex {
  /** Undefined: it is not loaded. A loaded key may never have been seen. */
  key(key: IdentityKey): KeyState | undefined;
  /** No fact of the lead is later; undefined: it has none. */
  lastFact(leadId: string): Stamp | undefined;
  /** Undefined: they are not loaded. */
  keysOf(leadId: string): Iterable<IdentityKey> | undefined;
  /** In any order, one event perhaps twice; undefined: they are not loaded. */
  factsOf(leadId: string): readonly NamedFact[] | undefined;
}

/** What has to be loaded into the index before a decision can go on. */
export type MissingPart =
  | { readonly keys: readonly IdentityKey[] }
  | { readonly keysOf: readonly string[] }
  /** The facts of leads, with their keys. */
  | { readonly factsOf: readonly string[] };

/** A part of a decision: it yields what it needs loaded, and goes on once the index has it. */
export type DecisionStep<T> = Generator<MissingPart, T, void>;
