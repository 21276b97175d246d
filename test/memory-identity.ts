import { earlier, isAnonymous, leadIdOf, type IdentityKey, type Stamp } from '../src/domain/identity/keys.js';
import { decideIdentity } from '../src/domain/identity/decide.js';
import type { IdentityFact } from '../src/domain/identity/fact.js';
import type { IdentityIndex, NamedFact, MissingPart } from '../src/domain/identity/identity-index.js';
import { evolveKey } from '../src/domain/identity/evolve-key.js';
import { unseenKey, type KeyState } from '../src/domain/identity/key-state.js';
import type { Move } from '../src/domain/identity/moves.js';

/**
 * Who is who in memory, fact by fact, as the journey projection does it on its tables: only what a decision asks for is
 * loaded, and its moves are applied when it is done.
 */
export class MemoryIdentity {
  readonly #keys = new Map<IdentityKey, KeyState>();
  readonly #facts = new Map<string, Map<string, NamedFact>>();

  constructor(private readonly workspace: string) {}

  /** @returns the moves that were decided on and applied */
  apply(fact: IdentityFact): readonly Move[] {
    const moves = this.decide(fact);
    for (const move of moves) this.#apply(move, fact);
    return moves;
  }

  /** What would be decided about a fact. */
  decide(fact: IdentityFact): readonly Move[] {
    return this.#decide(fact).moves;
  }

  /** What the decision about a fact would ask for. */
  needsOf(fact: IdentityFact): readonly MissingPart[] {
    return this.#decide(fact).needs;
  }

  #decide(fact: IdentityFact): { readonly moves: readonly Move[]; readonly needs: readonly MissingPart[] } {
    const index = new LoadedPart(this);
    index.load({ keys: fact.keys });
    const needs: MissingPart[] = [];
    const deciding = decideIdentity(index, fact);
    for (let step = deciding.next(); ; step = deciding.next()) {
      if (step.done) return { moves: step.value, needs };
      needs.push(step.value);
      index.load(step.value);
    }
  }

  get keys(): Iterable<KeyState> {
    return this.#keys.values();
  }

  key(key: IdentityKey): KeyState {
    return this.#keys.get(key) ?? unseenKey(key, leadIdOf(this.workspace, key));
  }

  /** The event ids of a lead's facts. */
  factsOf(leadId: string): ReadonlyMap<string, NamedFact> {
    return this.#facts.get(leadId) ?? new Map<string, NamedFact>();
  }

  get leads(): Iterable<string> {
    return this.#facts.keys();
  }

  #apply(move: Move, fact: IdentityFact): void {
    switch (move.type) {
      case 'facts-moved':
        for (const id of move.eventIds) this.#place(this.#take(move.from, id), move.to);
        return;
      case 'fact-added':
        this.#place(fact, move.leadId);
        return;
      case 'lead-rederived':
      case 'lead-keys-changed':
        return;
      default:
        this.#keys.set(move.key, evolveKey(this.key(move.key), move));
    }
  }

  #take(leadId: string, eventId: string): NamedFact {
    const facts = this.#facts.get(leadId);
    const fact = facts?.get(eventId);
    if (!fact) throw new Error(`lead ${leadId} has no fact ${eventId} to move`);
    facts?.delete(eventId);
    return fact;
  }

  #place(fact: NamedFact, leadId: string): void {
    const facts = this.#facts.get(leadId) ?? new Map<string, NamedFact>();
    this.#facts.set(leadId, facts.set(fact.id, fact));
  }
}

/** What was loaded for one decision, and nothing else. */
class LoadedPart implements IdentityIndex {
  readonly #keys = new Set<IdentityKey>();
  readonly #leads = new Set<string>();
  readonly #leadKeys = new Set<string>();
  readonly #leadFacts = new Set<string>();

  constructor(private readonly all: MemoryIdentity) {}

  load(need: MissingPart): void {
    if ('keys' in need) for (const key of need.keys) this.#loadKey(key);
    else if ('keysOf' in need) for (const leadId of need.keysOf) this.#loadKeysOf(leadId);
    else for (const leadId of need.factsOf) this.#loadFactsOf(leadId);
  }

  key(key: IdentityKey): KeyState | undefined {
    return this.#keys.has(key) ? this.all.key(key) : undefined;
  }

  lastFact(leadId: string): Stamp | undefined {
    // A lead that is not loaded is one that the decision has only just named.
    const facts = this.#leads.has(leadId) ? [...this.all.factsOf(leadId).values()] : [];
    return facts.reduce<Stamp | undefined>((a, b) => (a && earlier(b, a) ? a : b), undefined);
  }

  keysOf(leadId: string): Iterable<IdentityKey> | undefined {
    return this.#leadKeys.has(leadId) ? this.#ownedBy(leadId) : undefined;
  }

  factsOf(leadId: string): readonly NamedFact[] | undefined {
    return this.#leadFacts.has(leadId) ? [...this.all.factsOf(leadId).values()] : undefined;
  }

  #ownedBy(leadId: string): IdentityKey[] {
    return [...this.all.keys].flatMap((state) => (state.leadId === leadId ? [state.key] : []));
  }

  #loadKeysOf(leadId: string): void {
    this.#leadKeys.add(leadId);
    for (const key of this.#ownedBy(leadId)) this.#loadKey(key);
  }

  #loadFactsOf(leadId: string): void {
    this.#leadFacts.add(leadId);
    this.#loadKeysOf(leadId);
  }

  #loadKey(key: IdentityKey): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    const { leadId, links, claims } = this.all.key(key);
    if (leadId !== undefined) this.#leads.add(leadId);
    if (!isAnonymous(key)) return;
    for (const claimer of [...claims.map((claim) => claim.key), ...links.keys()])
      if (!isAnonymous(claimer)) this.#loadKey(claimer);
  }
}
