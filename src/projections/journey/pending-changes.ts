import type { Statement } from '../copy.js';
import type { FactRow, KeyRecord, Lead } from './records.js';
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

/** Rows of a batch that are to be written. */
export class PendingChanges {
  readonly journey = new PendingVersions(JOURNEY);
  readonly moves = new PendingVersions(STAGE_TRANSITION);
  readonly scores = new PendingVersions(SCORE_CHANGE);
  readonly profiles = new PendingVersions(LEAD_PROFILE);
  readonly identityKeys = new PendingVersions(IDENTITY_KEY);
  readonly links = new PendingVersions(IDENTITY_LINK);
  readonly #links = new Map<string, LinkRow>();
  #newFacts: FactRow[] = [];
  readonly #movedFacts = new Set<FactRow>();

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

  /** What writes the rows, and the working state of these leads and keys. */
  seal(leads: readonly Lead[], keys: readonly KeyRecord[], healing: boolean): readonly Statement[] {
    const tables = [this.journey, this.moves, this.scores, this.profiles, this.identityKeys, this.links];
    const statements = [
      ...tables.flatMap((table) => table.seal(healing)),
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
}
