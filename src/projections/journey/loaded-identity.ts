import type { IdentityKey, Stamp } from '../../domain/identity/keys.js';
import type { IdentityIndex, NamedFact } from '../../domain/identity/identity-index.js';
import type { KeyState } from '../../domain/identity/key-state.js';
import type { KeyRecord, Lead } from './records.js';

/** What one group of events may reach. */
interface Reached {
  key(workspace: string, key: IdentityKey): KeyRecord;
  lead(workspace: string, leadId: string): Lead;
}

/** The keys and leads of a workspace as one decision reads them. What it reads, its group reaches. */
export class LoadedIdentity implements IdentityIndex {
  /** A lead may have very many, and is asked for them more than once. */
  readonly #facts = new Map<string, readonly NamedFact[]>();

  constructor(
    private readonly reached: Reached,
    private readonly workspace: string,
  ) {}

  key(key: IdentityKey): KeyState | undefined {
    const record = this.reached.key(this.workspace, key);
    return record.read ? record.state : undefined;
  }

  lastFact(leadId: string): Stamp | undefined {
    return this.reached.lead(this.workspace, leadId).lastFact;
  }

  keysOf(leadId: string): IdentityKey[] | undefined {
    const lead = this.reached.lead(this.workspace, leadId);
    return lead.keysLoaded ? Array.from(lead.keys, ({ key }) => key) : undefined;
  }

  factsOf(leadId: string): readonly NamedFact[] | undefined {
    const known = this.#facts.get(leadId);
    if (known) return known;
    const lead = this.reached.lead(this.workspace, leadId);
    if (!lead.isRead) return undefined;
    const facts = namedFacts(lead);
    this.#facts.set(leadId, facts);
    return facts;
  }
}

function namedFacts({ journey, facts }: Lead): NamedFact[] {
  const touchpoints = Array.from(journey.entries.values(), ({ fact: { touch, identity } }) => ({
    ...{ at: touch.at, id: touch.id, keys: identity },
  }));
  return [...touchpoints, ...facts];
}
