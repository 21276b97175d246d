import type { PoolClient } from 'pg';
import { isAnonymous, type IdentityKey } from '../../domain/identity/keys.js';
import type { Accounts } from './accounts.js';
import { Gate } from './gate.js';
import type { JourneyEntry } from './lead-journey.js';
import {
  loadFacts,
  loadKeys,
  loadKeysOfLeads,
  loadLeads,
  loadMoves,
  loadScores,
  loadTouches,
} from './load.js';
import type { KeyRecord, Lead } from './records.js';
import { restoreKey } from './restore.js';
import { factOfRow } from './touch-fact.js';
import type { MoveRow, ScoreRow, StoredKey, StoredLead } from './rows.js';

/** What is read becomes part of this. */
interface Records {
  readonly tx: PoolClient;
  readonly accounts: Pick<Accounts, 'know'>;
  key(workspace: string, key: IdentityKey): KeyRecord;
  lead(workspace: string, leadId: string): Lead;
  hasLead(workspace: string, leadId: string): boolean;
  adopt(stored: StoredLead): Lead;
}

interface Wants {
  keys: KeyRecord;
  leadKeys: Lead;
  journeys: Lead;
  facts: Lead;
  domains: { readonly workspace: string; readonly domain: string };
}

/** Reads into a working set what groups of events ask for: together, with one statement a kind. */
export class Loader {
  readonly #gate: Gate<Wants>;
  /** Touchpoints of journeys that were read. */
  touchpointsRead = 0;

  constructor(private readonly set: Records) {
    this.#gate = new Gate<Wants>({
      keys: (records) => this.readKeys(records),
      leadKeys: (leads) => this.#readLeadKeys(leads),
      journeys: (leads) => this.#readJourneys(leads),
      facts: (leads) => this.#readFacts(leads),
      domains: (domains) => set.accounts.know(domains),
    });
  }

  /** Asks for something that is not read yet. @throws ReadFailed */
  ask<K extends keyof Wants>(kind: K, ...wanted: readonly Wants[K][]): Promise<void> {
    return this.#gate.ask(kind, ...wanted);
  }

  /** Reads keys with their leads; anonymous ones with the known keys that ever claimed them. */
  async readKeys(records: readonly KeyRecord[]): Promise<void> {
    const unread = [...new Set(records)].filter(({ read }) => !read);
    if (unread.length === 0) return;
    for (const record of unread) record.read = true;
    await this.#take(
      await loadKeys(
        this.set.tx,
        unread.map(({ workspace, key }) => ({ workspace, value: key })),
      ),
    );
  }

  async #take(keys: readonly StoredKey[]): Promise<void> {
    await this.#readLeads(keys);
    for (const stored of keys) this.#fill(stored);
    const shared = keys.filter(({ key }) => isAnonymous(key));
    await this.readKeys(
      shared.flatMap(({ workspace, state }) => claimers(state).map((key) => this.set.key(workspace, key))),
    );
  }

  async #readLeads(keys: readonly StoredKey[]): Promise<void> {
    const wanted = new Map(keys.map(({ workspace, leadId }) => [leadId, { workspace, value: leadId }]));
    const unread = [...wanted.values()].filter(({ workspace, value }) => !this.set.hasLead(workspace, value));
    if (unread.length === 0) return;
    for (const stored of await loadLeads(this.set.tx, unread)) this.set.adopt(stored);
  }

  #fill(stored: StoredKey): void {
    const record = this.set.key(stored.workspace, stored.key);
    if (record.state.firstSeen) return;
    restoreKey(record, stored, this.set.lead(stored.workspace, stored.leadId));
  }

  async #readLeadKeys(leads: readonly Lead[]): Promise<void> {
    const unread = leads.filter(({ keysLoaded }) => !keysLoaded);
    if (unread.length === 0) return;
    await this.#take(await loadKeysOfLeads(this.set.tx, pairs(unread)));
    for (const lead of unread) lead.keysLoaded = true;
  }

  async #readJourneys(leads: readonly Lead[]): Promise<void> {
    const unread = leads.filter(({ journey }) => !journey.isLoaded);
    if (unread.length === 0) return;
    const { set } = this;
    const entryOf = ({ workspace, leadId, eventId }: MoveRow | ScoreRow): JourneyEntry | undefined =>
      set.lead(workspace, leadId).journey.entries.get(eventId);
    for (const row of await loadTouches(set.tx, pairs(unread))) {
      this.touchpointsRead += 1;
      set.lead(row.workspace, row.leadId).journey.entries.set(row.eventId, { fact: factOfRow(row), row });
    }
    for (const row of await loadMoves(set.tx, pairs(unread))) {
      const entry = entryOf(row);
      if (entry) entry.move = row;
    }
    for (const row of await loadScores(set.tx, pairs(unread))) {
      const entry = entryOf(row);
      if (entry) entry.score = row;
    }
    for (const lead of unread) lead.journey.isLoaded = true;
  }

  async #readFacts(leads: readonly Lead[]): Promise<void> {
    const unread = leads.filter(({ factsLoaded }) => !factsLoaded);
    if (unread.length === 0) return;
    for (const row of await loadFacts(this.set.tx, pairs(unread)))
      this.set.lead(row.workspace, row.leadId).facts.push(row);
    for (const lead of unread) lead.factsLoaded = true;
  }
}

const pairs = (leads: readonly Lead[]) => leads.map(({ workspace, id }) => ({ workspace, value: id }));

const claimers = ({ links = {}, runs = [] }: StoredKey['state']): IdentityKey[] => [
  ...runs.map(([key]) => key),
  ...(Object.keys(links) as IdentityKey[]).filter((key) => !isAnonymous(key)),
];
