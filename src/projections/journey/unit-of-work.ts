import type { PoolClient } from 'pg';
import type { Position } from '../../domain/events.js';
import { isAnonymous, leadIdOf, type IdentityKey } from '../../domain/identity.js';
import { rulesOf, type JourneyRules } from '../../domain/journey.js';
import { profileOf } from '../../domain/profile.js';
import type { Statement } from '../copy.js';
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
  type StoredKey,
  type StoredLead,
} from './load.js';
import { mailDomain } from './mail-domain.js';
import type { Models } from './models.js';
import { ownership, type Ownership } from './ownership.js';
import { give, KeyRecord, Lead, type FactRow } from './records.js';
import {
  IDENTITY_KEY,
  IDENTITY_LINK,
  JOURNEY,
  LEAD_PROFILE,
  SCORE_CHANGE,
  STAGE_TRANSITION,
  type LinkRow,
} from './rows.js';
import { PendingVersions } from './versions.js';
import { deleteLeads, insertFacts, moveFacts, upsertKeys, upsertLeads } from './write.js';

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
export class UnitOfWork {
  readonly journey = new PendingVersions(JOURNEY);
  readonly moves = new PendingVersions(STAGE_TRANSITION);
  readonly scores = new PendingVersions(SCORE_CHANGE);
  readonly profiles = new PendingVersions(LEAD_PROFILE);
  readonly identityKeys = new PendingVersions(IDENTITY_KEY);
  readonly links = new PendingVersions(IDENTITY_LINK);
  readonly #keys = new Map<string, Map<IdentityKey, KeyRecord>>();
  readonly #leads = new Map<string, Lead>();
  readonly #links = new Map<string, LinkRow>();
  readonly #gate: Gate<Wants>;
  readonly #owners = new Map<string, Ownership>();
  #newFacts: FactRow[] = [];
  readonly #movedFacts = new Set<FactRow>();

  constructor(
    readonly tx: PoolClient,
    readonly models: Models,
    readonly accounts: Accounts,
  ) {
    this.#gate = new Gate<Wants>({
      keys: (records) => this.#readKeys(records),
      leadKeys: (leads) => this.#readLeadKeys(leads),
      journeys: (leads) => this.#readJourneys(leads),
      facts: (leads) => this.#readFacts(leads),
      domains: (domains) => accounts.know(domains),
    });
  }

  rules(workspace: string): JourneyRules {
    return rulesOf(this.models.of(workspace));
  }

  owners(workspace: string): Ownership {
    let owners = this.#owners.get(workspace);
    if (!owners) this.#owners.set(workspace, (owners = ownership(this, workspace)));
    return owners;
  }

  get leads(): Iterable<Lead> {
    return this.#leads.values();
  }

  /** The record of a key that was read, or of one that is new. */
  key(workspace: string, key: IdentityKey): KeyRecord {
    let keys = this.#keys.get(workspace);
    if (!keys) this.#keys.set(workspace, (keys = new Map<IdentityKey, KeyRecord>()));
    let record = keys.get(key);
    if (!record) keys.set(key, (record = new KeyRecord(workspace, key, leadIdOf(workspace, key))));
    return record;
  }

  /** The lead in work by that id; a new one when there is none. */
  lead(workspace: string, leadId: string): Lead {
    const name = `${workspace}\0${leadId}`;
    let lead = this.#leads.get(name);
    if (!lead) this.#leads.set(name, (lead = new Lead(workspace, leadId)));
    return lead;
  }

  /**
   * Reads the keys of a batch, the keys that claimed them, and all their leads, in a few statements.
   */
  async prefetch(keys: readonly { readonly workspace: string; readonly key: IdentityKey }[]): Promise<void> {
    await this.#readKeys(keys.map(({ workspace, key }) => this.key(workspace, key)));
  }

  /** Leads whose e-mail has one of these domains. */
  async prefetchDomains(
    domains: readonly { readonly workspace: string; readonly domain: string }[],
  ): Promise<void> {
    if (domains.length === 0) return;
    const pairs = domains.map(({ workspace, domain }) => ({ workspace, value: domain }));
    for (const stored of await loadLeadsOfDomains(this.tx, pairs)) this.adopt(stored);
  }

  /** Takes a stored lead into work, unless it is there already. */
  adopt(stored: StoredLead): Lead {
    const lead = this.lead(stored.workspace, stored.leadId);
    if (lead.alive || lead.stored) return lead;
    const { state } = stored;
    lead.alive = lead.stored = true;
    lead.keysLoaded = lead.journeyLoaded = lead.factsLoaded = false;
    lead.journey = state.journey;
    lead.said = state.said;
    lead.names = state.names;
    lead.lastFact = state.lastFact;
    lead.merged = state.merged === true;
    const fit = { persona: stored.persona, grade: stored.grade };
    lead.profile = {
      ...profileOf(state.said, state.names, () => fit, undefined),
      accountId: stored.accountId,
    };
    lead.profileRow = {
      workspace: lead.workspace,
      leadId: lead.id,
      profile: lead.profile,
      knownFrom: 0n,
      supersededAt: null,
      stored: true,
    };
    return lead;
  }

  async keysRead(records: readonly KeyRecord[]): Promise<void> {
    if (records.length > 0) await this.#gate.ask('keys', ...records);
  }

  /** Makes sure that all keys of the lead are in work. */
  async keysOf(lead: Lead): Promise<void> {
    if (!lead.keysLoaded) await this.#gate.ask('leadKeys', lead);
  }

  /** All keys of the leads in work that a split could part. */
  async keysOfMerged(): Promise<void> {
    await this.#readLeadKeys([...this.#leads.values()].filter(({ merged }) => merged));
  }

  async journeyOf(lead: Lead): Promise<void> {
    if (!lead.journeyLoaded) await this.#gate.ask('journeys', lead);
  }

  async factsOf(lead: Lead): Promise<void> {
    if (!lead.factsLoaded) await this.#gate.ask('facts', lead);
  }

  /** The observed account of the lead's e-mail domain at a position. */
  async observedAccount(lead: Lead, at: Position): Promise<string | undefined> {
    const { workspace, names } = lead;
    const domain = names.emailDomain;
    if (domain === null) return undefined;
    if (!this.accounts.isKnown(workspace, domain)) await this.#gate.ask('domains', { workspace, domain });
    return this.accounts.of(workspace, domain, at);
  }

  readonly domainOf = mailDomain;

  addFact(row: FactRow): void {
    this.#newFacts.push(row);
  }

  moveFact(row: FactRow, leadId: string): void {
    if (row.leadId === leadId) return;
    row.leadId = leadId;
    if (row.stored) this.#movedFacts.add(row);
  }

  /** Notes a link; an older one of the pair ends with it. */
  link(row: LinkRow, before: Pick<LinkRow, 'kind' | 'stamp'> | undefined): void {
    const name = (stamp: LinkRow['stamp']): string =>
      [row.workspace, row.key, row.otherKey, stamp.id].join('\0');
    if (before) {
      const ended = this.#links.get(name(before.stamp)) ?? { ...row, ...before, knownFrom: 0n, stored: true };
      this.links.end(ended, row.knownFrom);
    }
    this.links.add(row);
    this.#links.set(name(row.stamp), row);
  }

  /**
   * What writes all that changed so far; from now on it counts as written.
   *
   * @param healing an event is applied late, so what it ends may have begun where it takes effect
   */
  seal(healing: boolean): readonly Statement[] {
    const leads = [...this.#leads.values()].filter(({ dirty }) => dirty);
    const keys = [...this.#keys.values()].flatMap((all) => [...all.values()].filter(({ dirty }) => dirty));
    const statements = [
      ...[this.journey, this.moves, this.scores, this.profiles, this.identityKeys, this.links].flatMap(
        (table) => table.seal(healing),
      ),
      ...deleteLeads(leads.filter(({ alive, stored }) => !alive && stored)),
      ...upsertLeads(leads.filter(({ alive }) => alive)),
      ...upsertKeys(keys),
      ...moveFacts([...this.#movedFacts]),
      ...insertFacts(this.#newFacts),
    ];
    this.#newFacts = [];
    this.#movedFacts.clear();
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
    record.firstSeen = stored.firstSeen;
    for (const [key, [at, id]] of Object.entries(stored.state.links ?? {}))
      record.links.set(key as IdentityKey, { at, id });
    for (const [key, [kind, at, id]] of Object.entries(stored.state.decisions ?? {})) {
      record.decisions.set(key as IdentityKey, { kind, at, id });
    }
    record.runs = runsOf(stored.state);
    give(record, this.lead(stored.workspace, stored.leadId));
    record.dirty = false;
    record.row = {
      workspace: record.workspace,
      key: record.key,
      ownLeadId: record.ownLeadId,
      leadId: stored.leadId,
      knownFrom: 0n,
      supersededAt: null,
      stored: true,
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
    const unread = leads.filter(({ journeyLoaded }) => !journeyLoaded);
    if (unread.length === 0) return;
    for (const row of await loadTouches(this.tx, pairs(unread)))
      this.lead(row.workspace, row.leadId).touches.push(row);
    for (const row of await loadMoves(this.tx, pairs(unread)))
      this.lead(row.workspace, row.leadId).moves.push(row);
    for (const row of await loadScores(this.tx, pairs(unread)))
      this.lead(row.workspace, row.leadId).scores.push(row);
    for (const lead of unread) lead.journeyLoaded = true;
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
