import type { PoolClient } from 'pg';
import { leadIdOf, type IdentityKey } from '../../domain/identity/keys.js';
import type { DomainOf } from '../../domain/lead-names.js';
import type { Statement } from '../../read-models/statements.js';
import type { Accounts } from './accounts.js';
import { loadLeadsOfDomains } from './load.js';
import { Loader } from './loader.js';
import { domainsOf } from '../../read-models/mail-domain.js';
import type { Models } from './models.js';
import { PendingChanges } from './pending-changes.js';
import { Domain, KeyRecord, Lead } from './records.js';
import { restoreLead } from './restore.js';
import type { StoredLead } from './rows.js';

/** What a batch is applied with. */
interface Batch {
  readonly tx: PoolClient;
  readonly models: Models;
  readonly accounts: Accounts;
}

/**
 * The keys, leads and journeys that a batch works on: read once, changed event by event, written together. Nothing is
 * in the tables before what `seal` answers is run.
 */
export class WorkingSet {
  readonly changes = new PendingChanges();
  readonly loader = new Loader(this);
  readonly #changedLeads = new Set<Lead>();
  readonly #changedKeys = new Set<KeyRecord>();
  readonly #keys = new Map<string, Map<IdentityKey, KeyRecord>>();
  readonly #leads = new Map<string, Map<string, Lead>>();
  #domains = new Map<string, Domain>();
  /** Of the batch; what was reached by groups before it is free again. */
  firstGroup = 0;
  #groups = 0;
  #keyCount = 0;
  #leadCount = 0;
  #batch: Batch;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  /** Goes on with the next batch. Nobody else can have changed the rows since the last one was written. */
  next(batch: Batch): void {
    this.#batch = batch;
    this.#domains = new Map();
    this.firstGroup = this.#groups;
  }

  get tx(): PoolClient {
    return this.#batch.tx;
  }

  get models(): Models {
    return this.#batch.models;
  }

  get accounts(): Accounts {
    return this.#batch.accounts;
  }

  /** How much memory it takes, roughly: leads, keys, and the touchpoints of journeys that were read. */
  get size(): { readonly leads: number; readonly keys: number; readonly touchpoints: number } {
    return { leads: this.#leadCount, keys: this.#keyCount, touchpoints: this.loader.touchpointsRead };
  }

  /** The number of a further group of events: it may reach whatever no other group has reached. */
  nextGroup(): number {
    return this.#groups++;
  }

  /** Resolves the company domain of an e-mail address in a workspace, by the latest model. */
  domainOf(workspace: string): DomainOf {
    return domainsOf(this.models.of(workspace).mailProviders);
  }

  /** The record of a key that was read, or of one that is new. */
  key(workspace: string, key: IdentityKey): KeyRecord {
    const keys = entryOf(this.#keys, workspace);
    let record = keys.get(key);
    if (!record) {
      record = new KeyRecord(workspace, key, leadIdOf(workspace, key), this.#changedKeys);
      keys.set(key, record);
      this.#keyCount += 1;
    }
    return record;
  }

  hasLead(workspace: string, leadId: string): boolean {
    return entryOf(this.#leads, workspace).has(leadId);
  }

  /** The lead in work by that id; a new one when there is none. */
  lead(workspace: string, leadId: string): Lead {
    const leads = entryOf(this.#leads, workspace);
    let lead = leads.get(leadId);
    if (!lead) {
      lead = new Lead(workspace, leadId, this.#changedLeads);
      leads.set(leadId, lead);
      this.#leadCount += 1;
    }
    return lead;
  }

  /** Reads the leads with an e-mail of one of these domains, whose account the batch changes. */
  async prefetchDomains(
    domains: readonly { readonly workspace: string; readonly domain: string }[],
  ): Promise<void> {
    if (domains.length === 0) return;
    for (const { workspace, domain } of domains) {
      const name = `${workspace}\0${domain}`;
      if (!this.#domains.has(name)) this.#domains.set(name, new Domain());
    }
    const pairs = domains.map(({ workspace, domain }) => ({ workspace, value: domain }));
    for (const stored of await loadLeadsOfDomains(this.tx, pairs)) {
      const lead = this.adopt(stored);
      this.changingDomain(lead.workspace, lead.names.emailDomain)?.leads.add(lead);
    }
  }

  /** The e-mail domain, when the batch changes its account. */
  changingDomain(workspace: string, domain: string | null): Domain | undefined {
    return this.#domains.get(`${workspace}\0${domain}`);
  }

  /** Takes a stored lead into work, unless it is there already. */
  adopt(stored: StoredLead): Lead {
    const lead = this.lead(stored.workspace, stored.leadId);
    if (!lead.alive && !lead.stored) restoreLead(lead, stored);
    return lead;
  }

  /**
   * What writes all that changed so far; from now on it counts as written.
   *
   * @param healing an event is applied late, so what it ends may have begun where it takes effect
   */
  seal(healing: boolean): readonly Statement[] {
    const leads = [...this.#changedLeads];
    const statements = this.changes.seal(leads, [...this.#changedKeys], healing);
    // What was added without the rest having been read is found with the rest once that is read.
    for (const lead of leads) lead.forgetUnread();
    this.#changedLeads.clear();
    this.#changedKeys.clear();
    return statements;
  }
}

function entryOf<K, V>(byWorkspace: Map<string, Map<K, V>>, workspace: string): Map<K, V> {
  let entry = byWorkspace.get(workspace);
  if (!entry) byWorkspace.set(workspace, (entry = new Map<K, V>()));
  return entry;
}
