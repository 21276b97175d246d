import type { PoolClient } from 'pg';
import { isAnonymous, leadIdOf, type IdentityKey } from '../../domain/identity.js';
import type { DomainOf } from '../../domain/lead-names.js';
import { accountOf, profileOf } from '../../domain/profile.js';
import type { Statement } from '../../read-models/statements.js';
import { standing } from '../../read-models/versioned-table.js';
import type { Accounts } from './accounts.js';
import { Gate } from './gate.js';
import {
  loadFacts,
  loadKeys,
  loadKeysOfLeads,
  loadLeads,
  loadLeadsOfDomains,
  loadMoves,
  loadScores,
  loadTouches,
  runsOf,
} from './load.js';
import { domainsOf } from './mail-domain.js';
import type { Models } from './models.js';
import { PendingChanges } from './pending-changes.js';
import type { JourneyEntry } from './lead-journey.js';
import { Domain, assignKey, KeyRecord, Lead } from './records.js';
import { factOfRow, type MoveRow, type ScoreRow, type StoredKey, type StoredLead } from './rows.js';
import { UnitOfWork } from './unit-of-work.js';

/** What a batch is applied with. */
interface Batch {
  readonly tx: PoolClient;
  readonly models: Models;
  readonly accounts: Accounts;
}

interface Wants {
  keys: KeyRecord;
  leadKeys: Lead;
  journeys: Lead;
  facts: Lead;
  domains: { readonly workspace: string; readonly domain: string };
}

/**
 * The keys, leads and journeys that a batch works on: read once, changed event by event, written together. Nothing is
 * in the tables before what `seal` answers is run.
 */
export class WorkingSet {
  readonly changes = new PendingChanges();
  readonly #changedLeads = new Set<Lead>();
  readonly #changedKeys = new Set<KeyRecord>();
  readonly #keys = new Map<string, Map<IdentityKey, KeyRecord>>();
  readonly #leads = new Map<string, Lead>();
  #domains = new Map<string, Domain>();
  readonly #gate: Gate<Wants>;
  /** Of the batch; what was reached by groups before it is free again. */
  firstGroup = 0;
  #groups = 0;
  #keyCount = 0;
  #touchpointsRead = 0;
  #batch: Batch;

  constructor(batch: Batch) {
    this.#batch = batch;
    this.#gate = new Gate<Wants>({
      keys: (records) => this.#readKeys(records),
      leadKeys: (leads) => this.#readLeadKeys(leads),
      journeys: (leads) => this.#readJourneys(leads),
      facts: (leads) => this.#readFacts(leads),
      domains: (domains) => this.accounts.know(domains),
    });
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
    return { leads: this.#leads.size, keys: this.#keyCount, touchpoints: this.#touchpointsRead };
  }

  /** What one group of events works with: it may reach whatever no other group has reached. */
  unitOfWork(): UnitOfWork {
    return new UnitOfWork(this, this.#groups++);
  }

  get leads(): Iterable<Lead> {
    return this.#leads.values();
  }

  /** Resolves the company domain of an e-mail address in a workspace, by the model in force. */
  domainOf(workspace: string): DomainOf {
    return domainsOf(this.models.of(workspace).mailProviders);
  }

  /** The record of a key that was read, or of one that is new. */
  key(workspace: string, key: IdentityKey): KeyRecord {
    let keys = this.#keys.get(workspace);
    if (!keys) this.#keys.set(workspace, (keys = new Map<IdentityKey, KeyRecord>()));
    let record = keys.get(key);
    if (!record) {
      record = new KeyRecord(workspace, key, leadIdOf(workspace, key), this.#changedKeys);
      keys.set(key, record);
      this.#keyCount += 1;
    }
    return record;
  }

  /** The lead in work by that id; a new one when there is none. */
  lead(workspace: string, leadId: string): Lead {
    const name = `${workspace}\0${leadId}`;
    let lead = this.#leads.get(name);
    if (!lead) this.#leads.set(name, (lead = new Lead(workspace, leadId, this.#changedLeads)));
    return lead;
  }

  /**
   * Reads the keys of a batch, the keys that claimed them, and all their leads, in a few statements.
   */
  async prefetch(keys: readonly { readonly workspace: string; readonly key: IdentityKey }[]): Promise<void> {
    await this.#readKeys(keys.map(({ workspace, key }) => this.key(workspace, key)));
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
    if (lead.alive || lead.stored) return lead;
    const { state } = stored;
    lead.alive = lead.stored = true;
    lead.keysLoaded = lead.factsLoaded = false;
    lead.journey.restore(state.journey);
    lead.latest = state.latest;
    lead.names = state.names;
    lead.lastFact = state.lastFact;
    const fit = { persona: stored.persona, grade: stored.grade };
    lead.profile = {
      ...profileOf(state.latest, state.names, () => fit, undefined),
      accountId: stored.accountId,
    };
    lead.profileRow = {
      workspace: lead.workspace,
      leadId: lead.id,
      ...lead.profile,
      ...standing(),
    };
    const { workspace, id: leadId } = lead;
    const reason = accountOf(state.latest, state.names, stored.accountId ?? undefined);
    lead.accountRow = reason && { ...reason, workspace, leadId, ...standing() };
    return lead;
  }

  async keysRead(records: readonly KeyRecord[]): Promise<void> {
    if (records.length > 0) await this.#gate.ask('keys', ...records);
  }

  /** Makes sure that all keys of the lead are in work. */
  async keysOf(lead: Lead): Promise<void> {
    if (!lead.keysLoaded) await this.#gate.ask('leadKeys', lead);
  }

  async journeyOf(lead: Lead): Promise<void> {
    if (!lead.journey.isLoaded) await this.#gate.ask('journeys', lead);
  }

  async factsOf(lead: Lead): Promise<void> {
    if (!lead.factsLoaded) await this.#gate.ask('facts', lead);
  }

  /** Reads the account of an e-mail domain, unless it is known. */
  async readDomain(workspace: string, domain: string): Promise<void> {
    if (!this.accounts.isKnown(workspace, domain)) await this.#gate.ask('domains', { workspace, domain });
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

  async #readKeys(records: readonly KeyRecord[]): Promise<void> {
    const unread = [...new Set(records)].filter(({ read }) => !read);
    if (unread.length === 0) return;
    for (const record of unread) record.read = true;
    await this.#take(
      await loadKeys(
        this.tx,
        unread.map(({ workspace, key }) => ({ workspace, value: key })),
      ),
    );
  }

  /** Takes keys into work, with their leads, and with the known keys that ever claimed an anonymous one. */
  async #take(keys: readonly StoredKey[]): Promise<void> {
    await this.#readLeads(keys);
    for (const stored of keys) this.#fill(stored);
    const shared = keys.filter(({ key }) => isAnonymous(key));
    await this.#readKeys(
      shared.flatMap(({ workspace, state }) => claimers(state).map((key) => this.key(workspace, key))),
    );
  }

  async #readLeads(keys: readonly StoredKey[]): Promise<void> {
    const wanted = new Map(keys.map(({ workspace, leadId }) => [leadId, { workspace, value: leadId }]));
    const unread = [...wanted.values()].filter(
      ({ workspace, value }) => !this.#leads.has(`${workspace}\0${value}`),
    );
    if (unread.length === 0) return;
    for (const stored of await loadLeads(this.tx, unread)) this.adopt(stored);
  }

  #fill(stored: StoredKey): KeyRecord {
    const record = this.key(stored.workspace, stored.key);
    if (record.firstSeen) return record;
    record.read = true;
    record.stored = true;
    record.firstSeen = { at: stored.firstSeenAt, id: stored.firstSeenId };
    for (const [key, [at, id]] of Object.entries(stored.state.links ?? {}))
      record.links.set(key as IdentityKey, { at, id });
    for (const [key, [at, id, joins, ...others]] of Object.entries(stored.state.publicLinks ?? {}))
      record.publicLinks.set(key as IdentityKey, { at, id, joins, others });
    for (const key of stored.state.publicOthers ?? []) record.publicOthers.add(key);
    for (const [key, [kind, at, id]] of Object.entries(stored.state.decisions ?? {})) {
      record.decisions.set(key as IdentityKey, { kind, at, id });
    }
    record.runs = runsOf(stored.state);
    assignKey(record, this.lead(stored.workspace, stored.leadId));
    this.#changedKeys.delete(record);
    record.row = {
      workspace: record.workspace,
      key: record.key,
      ownLeadId: record.ownLeadId,
      leadId: stored.leadId,
      ...standing(),
    };
    return record;
  }

  async #readLeadKeys(leads: readonly Lead[]): Promise<void> {
    const unread = leads.filter(({ keysLoaded }) => !keysLoaded);
    if (unread.length === 0) return;
    await this.#take(await loadKeysOfLeads(this.tx, pairs(unread)));
    for (const lead of unread) lead.keysLoaded = true;
  }

  async #readJourneys(leads: readonly Lead[]): Promise<void> {
    const unread = leads.filter(({ journey }) => !journey.isLoaded);
    if (unread.length === 0) return;
    const entryOf = ({ workspace, leadId, eventId }: MoveRow | ScoreRow): JourneyEntry | undefined =>
      this.lead(workspace, leadId).journey.entries.get(eventId);
    for (const row of await loadTouches(this.tx, pairs(unread))) {
      this.#touchpointsRead += 1;
      this.lead(row.workspace, row.leadId).journey.entries.set(row.eventId, { fact: factOfRow(row), row });
    }
    for (const row of await loadMoves(this.tx, pairs(unread))) {
      const entry = entryOf(row);
      if (entry) entry.move = row;
    }
    for (const row of await loadScores(this.tx, pairs(unread))) {
      const entry = entryOf(row);
      if (entry) entry.score = row;
    }
    for (const lead of unread) lead.journey.isLoaded = true;
  }

  async #readFacts(leads: readonly Lead[]): Promise<void> {
    const unread = leads.filter(({ factsLoaded }) => !factsLoaded);
    if (unread.length === 0) return;
    for (const row of await loadFacts(this.tx, pairs(unread)))
      this.lead(row.workspace, row.leadId).facts.push(row);
    for (const lead of unread) lead.factsLoaded = true;
  }
}

const pairs = (leads: readonly Lead[]) => leads.map(({ workspace, id }) => ({ workspace, value: id }));

const claimers = ({ links = {}, runs = [] }: StoredKey['state']): IdentityKey[] => [
  ...runs.map(([key]) => key),
  ...(Object.keys(links) as IdentityKey[]).filter((key) => !isAnonymous(key)),
];
