import type { Position } from '../../domain/events.js';
import type { IdentityKey } from '../../domain/identity.js';
import { rulesOf, type JourneyRules } from '../../domain/journey.js';
import { ownership, type Ownership } from './ownership.js';
import type { KeyRecord, Lead, Reachable } from './records.js';
import type { WorkingSet } from './working-set.js';

/** Two groups of events that were applied side by side reach the same lead, key or e-mail domain. */
export class GroupsMet extends Error {
  override readonly name = 'GroupsMet';
  constructor(
    readonly group: number,
    readonly other: number,
  ) {
    super(`groups ${group} and ${other} of the batch reach the same lead`);
  }
}

/**
 * The working set as one group of events sees it. Whatever the group reaches, be it only to read, is its own for the
 * rest of the batch: what another group has reached cannot be reached, so groups cannot depend on each other. A key is
 * reached with its lead, and a lead changes its keys only in the hands of its group.
 */
export class UnitOfWork {
  readonly #owners = new Map<string, Ownership>();

  constructor(
    readonly all: WorkingSet,
    readonly group: number,
  ) {}

  get changes(): WorkingSet['changes'] {
    return this.all.changes;
  }

  /** @throws GroupsMet */
  reach(...things: readonly Reachable[]): void {
    for (const thing of things) {
      if (thing.group !== undefined && thing.group >= this.all.firstGroup && thing.group !== this.group)
        throw new GroupsMet(this.group, thing.group);
      thing.group = this.group;
    }
  }

  rules(workspace: string): JourneyRules {
    return rulesOf(this.all.models.of(workspace));
  }

  owners(workspace: string): Ownership {
    let owners = this.#owners.get(workspace);
    if (!owners) this.#owners.set(workspace, (owners = ownership(this, workspace)));
    return owners;
  }

  /** The record of a key that was read, or of one that is new. @throws GroupsMet */
  key(workspace: string, key: IdentityKey): KeyRecord {
    const record = this.all.key(workspace, key);
    this.reach(record);
    if (record.lead) this.reach(record.lead);
    return record;
  }

  /** The lead in work by that id; a new one when there is none. @throws GroupsMet */
  lead(workspace: string, leadId: string): Lead {
    const lead = this.all.lead(workspace, leadId);
    this.reach(lead);
    return lead;
  }

  /** Reads the records that were not read, with their leads. @throws GroupsMet */
  async keysRead(records: readonly KeyRecord[]): Promise<void> {
    await this.all.keysRead(records);
    this.reach(...records.flatMap(({ lead }) => (lead ? [lead] : [])));
  }

  /** Makes sure that all keys of the lead are in work. */
  keysOf(lead: Lead): Promise<void> {
    return this.all.keysOf(lead);
  }

  journeyOf(lead: Lead): Promise<void> {
    return this.all.journeyOf(lead);
  }

  factsOf(lead: Lead): Promise<void> {
    return this.all.factsOf(lead);
  }

  /** The observed account of the lead's e-mail domain at a position. @throws GroupsMet */
  async observedAccount({ workspace, names }: Lead, at: Position): Promise<string | undefined> {
    const domain = names.emailDomain;
    if (domain === null) return undefined;
    this.#enter(workspace, domain);
    await this.all.readDomain(workspace, domain);
    return this.all.accounts.of(workspace, domain, at);
  }

  /** The leads known by an e-mail domain whose account the batch changes. @throws GroupsMet */
  leadsOf(workspace: string, domain: string): Lead[] {
    this.#enter(workspace, domain);
    const leads = [...(this.all.changingDomain(workspace, domain)?.leads ?? [])];
    this.reach(...leads);
    return leads.filter(({ alive, names }) => alive && names.emailDomain === domain);
  }

  /** Notes that the lead is known by its e-mail domain now. */
  knownByDomain(lead: Lead): void {
    this.all.changingDomain(lead.workspace, lead.names.emailDomain)?.leads.add(lead);
  }

  #enter(workspace: string, domain: string): void {
    const changing = this.all.changingDomain(workspace, domain);
    if (changing) this.reach(changing);
  }
}
