import type { Position } from '../../domain/events.js';
import type { Statement } from '../copy.js';
import type { FactRow, KeyRecord, Lead } from './records.js';
import {
  IDENTITY_KEY,
  IDENTITY_LINK,
  JOURNEY,
  ACCOUNT_MEMBERSHIP,
  LEAD_PROFILE,
  SCORE_CHANGE,
  STAGE_TRANSITION,
  type LinkRow,
} from './rows.js';
import { PendingVersions } from './versions.js';
import { deleteLeads, insertFacts, moveFacts, upsertKeys, upsertLeads } from './write.js';

type LinkBetween = Pick<LinkRow, 'kind' | 'stamp'>;

/** Rows of a batch that are to be written. */
export class PendingChanges {
  readonly journey = new PendingVersions(JOURNEY);
  readonly moves = new PendingVersions(STAGE_TRANSITION);
  readonly scores = new PendingVersions(SCORE_CHANGE);
  readonly profiles = new PendingVersions(LEAD_PROFILE);
  readonly memberships = new PendingVersions(ACCOUNT_MEMBERSHIP);
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

  /** Makes these the links between two keys instead of those before. */
  link(
    pair: Pick<LinkRow, 'workspace' | 'key' | 'otherKey'>,
    before: readonly LinkBetween[],
    after: readonly LinkBetween[],
    position: Position,
  ): void {
    const has = (links: readonly LinkBetween[], { kind, stamp }: LinkBetween): boolean =>
      links.some((each) => each.kind === kind && each.stamp.id === stamp.id);
    const name = ({ kind, stamp }: LinkBetween): string =>
      [pair.workspace, pair.key, pair.otherKey, kind, stamp.id].join('\0');
    for (const link of before) {
      if (has(after, link)) continue;
      const stored = { ...pair, ...link, knownFrom: 0n, supersededAt: null, stored: true };
      this.links.end(this.#links.get(name(link)) ?? stored, position);
    }
    for (const link of after) {
      if (has(before, link)) continue;
      const row = { ...pair, ...link, knownFrom: position, supersededAt: null, stored: false };
      this.links.add(row);
      this.#links.set(name(link), row);
    }
  }

  /** What writes the rows, and the working state of these leads and keys. */
  seal(leads: readonly Lead[], keys: readonly KeyRecord[], healing: boolean): readonly Statement[] {
    const tables = [
      this.journey,
      this.moves,
      this.scores,
      this.profiles,
      this.memberships,
      this.identityKeys,
      this.links,
    ];
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
    this.#links.clear();
    return statements;
  }
}
