import type { Position } from '../../domain/events.js';
import type { IdentityKey } from '../../domain/identity/keys.js';
import type { IdentityIndex, MissingPart } from '../../domain/identity/identity-index.js';
import { rulesOf, type JourneyRules } from '../../domain/journey.js';
import type { DomainOf } from '../../domain/lead-names.js';
import { LoadedIdentity } from './loaded-identity.js';
import { domainsOf } from '../../read-models/mail-domain.js';
import type { Loading } from './loading.js';
import type { KeyRecord, Lead, Reachable } from './records.js';
import type { WorkingSet } from './working-set.js';

/** Two groups of events that were applied side by side reach the same lead, key or e-mail domain. */
export class GroupsOverlap extends Error {
  override readonly name = 'GroupsOverlap';
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
  constructor(
    private readonly set: WorkingSet,
    readonly group: number,
  ) {}

  get changes(): WorkingSet['changes'] {
    return this.set.changes;
  }

  /** Of the model that the lead is computed with. */
  rules({ workspace, id }: Lead): JourneyRules {
    return rulesOf(this.set.models.ofLead(workspace, id));
  }

  /** Resolves the company domain of an e-mail address, by the model that the lead is computed with. */
  domainOf({ workspace, id }: Lead): DomainOf {
    return domainsOf(this.set.models.ofLead(workspace, id).mailProviders);
  }

  /** The keys and leads of a workspace, for one decision about who is who. */
  identity(workspace: string): IdentityIndex {
    return new LoadedIdentity(this, workspace);
  }

  /** The record of a key that was read, or of one that is new. @throws GroupsOverlap */
  key(workspace: string, key: IdentityKey): KeyRecord {
    return this.reachKey(this.set.key(workspace, key));
  }

  /** A key is reached with its lead. @throws GroupsOverlap */
  reachKey(record: KeyRecord): KeyRecord {
    this.#reach(record);
    if (record.lead) this.#reach(record.lead);
    return record;
  }

  /** The lead in work by that id; a new one when there is none. @throws GroupsOverlap */
  lead(workspace: string, leadId: string): Lead {
    const lead = this.set.lead(workspace, leadId);
    this.#reach(lead);
    return lead;
  }

  /** Reads what a decision needs. @throws GroupsOverlap */
  *load(workspace: string, need: MissingPart): Loading {
    if ('keys' in need) {
      const records = need.keys.map((key) => this.key(workspace, key)).filter(({ read }) => !read);
      if (records.length > 0) yield this.set.loader.ask('keys', ...records);
    } else if ('keysOf' in need) {
      yield* this.loadKeysOf(need.keysOf.map((leadId) => this.lead(workspace, leadId)));
    } else {
      yield* this.loadLeads(need.factsOf.map((leadId) => this.lead(workspace, leadId)));
    }
  }

  /** Makes sure that all keys of the leads are in work. */
  *loadKeysOf(leads: readonly Lead[]): Loading {
    const unread = leads.filter(({ keysLoaded }) => !keysLoaded);
    if (unread.length > 0) yield this.set.loader.ask('leadKeys', ...unread);
  }

  /** Makes sure that the leads are in work with all their keys, touchpoints and facts. */
  *loadLeads(leads: readonly Lead[]): Loading {
    const unread = leads.filter(({ isRead }) => !isRead);
    if (unread.length === 0) return;
    const { loader } = this.set;
    void loader.ask('leadKeys', ...unread);
    void loader.ask('journeys', ...unread);
    yield loader.ask('facts', ...unread);
  }

  *loadJourneyOf(lead: Lead): Loading {
    if (!lead.journey.isLoaded) yield this.set.loader.ask('journeys', lead);
  }

  /** The observed account of the lead's e-mail domain at a position. @throws GroupsOverlap */
  *observedAccount({ workspace, names }: Lead, at: Position): Loading<string | undefined> {
    const domain = names.emailDomain;
    if (domain === null) return undefined;
    this.#enter(workspace, domain);
    const { accounts, loader } = this.set;
    if (!accounts.isKnown(workspace, domain)) yield loader.ask('domains', { workspace, domain });
    return accounts.of(workspace, domain, at);
  }

  /** The leads known by an e-mail domain whose account the batch changes. @throws GroupsOverlap */
  leadsOf(workspace: string, domain: string): Lead[] {
    this.#enter(workspace, domain);
    const leads = [...(this.set.changingDomain(workspace, domain)?.leads ?? [])];
    for (const lead of leads) this.#reach(lead);
    return leads.filter(({ alive, names }) => alive && names.emailDomain === domain);
  }

  /** Notes that the lead is known by its e-mail domain now. */
  noteDomain(lead: Lead): void {
    this.set.changingDomain(lead.workspace, lead.names.emailDomain)?.leads.add(lead);
  }

  #enter(workspace: string, domain: string): void {
    const changing = this.set.changingDomain(workspace, domain);
    if (changing) this.#reach(changing);
  }

  #reach(thing: Reachable): void {
    const { group } = thing;
    if (group === this.group) return;
    if (group !== undefined && group >= this.set.firstGroup) throw new GroupsOverlap(this.group, group);
    thing.group = this.group;
  }
}
