import type { IdentityKey, Stamp } from '../../domain/identity.js';
import type { IdentityIndex, NamedFact } from '../../domain/identity/identity-index.js';
import type { KeyState } from '../../domain/identity/key-state.js';
import type { UnitOfWork } from './unit-of-work.js';

/** The keys and leads of a workspace as decisions read them. What a decision reads, its group reaches. */
export class LoadedIdentity implements IdentityIndex {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly workspace: string,
  ) {}

  key(key: IdentityKey): KeyState | undefined {
    const record = this.unit.key(this.workspace, key);
    return record.read ? record.state : undefined;
  }

  lastFact(leadId: string): Stamp | undefined {
    return this.unit.lead(this.workspace, leadId).lastFact;
  }

  keysOf(leadId: string): IdentityKey[] | undefined {
    const lead = this.unit.lead(this.workspace, leadId);
    return lead.keysLoaded ? Array.from(lead.keys, ({ key }) => key) : undefined;
  }

  factsOf(leadId: string): NamedFact[] | undefined {
    const { journey, facts, isRead } = this.unit.lead(this.workspace, leadId);
    if (!isRead) return undefined;
    const touchpoints = Array.from(journey.entries.values(), ({ fact: { touch, identity } }) => ({
      ...{ at: touch.at, id: touch.id, keys: identity },
    }));
    return [...touchpoints, ...facts];
  }
}
