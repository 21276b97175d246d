import type { Position } from '../../domain/events.js';
import type { Stamp } from '../../domain/identity/keys.js';
import type { Statement } from '../../read-models/statements.js';
import { standing, startingAt, VersionWriter } from '../../read-models/versioned-table.js';
import type { FactRow, KeyRecord, Lead } from './records.js';
import {
  IDENTITY_KEY,
  IDENTITY_LINK,
  JOURNEY,
  ACCOUNT_MEMBERSHIP,
  LEAD_PROFILE,
  SCORE_CHANGE,
  STAGE_TRANSITION,
  type KeyRow,
  type LinkRow,
  type MembershipRow,
  type MoveRow,
  type ProfileRow,
  type ScoreRow,
  type TouchRow,
} from './rows.js';
import { insertFacts, moveFacts, writeKeys, writeLeads } from './write.js';

interface LinkBetween {
  readonly kind: LinkRow['kind'];
  readonly stamp: Stamp;
}

type Pair = Pick<LinkRow, 'workspace' | 'key' | 'otherKey'>;

const linkRow = (pair: Pair, { kind, stamp }: LinkBetween) => ({
  ...pair,
  kind,
  eventId: stamp.id,
  occurredAt: stamp.at,
});

/** Rows of a batch that are to be written. */
export class PendingChanges {
  readonly journey = new VersionWriter<TouchRow>(JOURNEY);
  readonly moves = new VersionWriter<MoveRow>(STAGE_TRANSITION);
  readonly scores = new VersionWriter<ScoreRow>(SCORE_CHANGE);
  readonly profiles = new VersionWriter<ProfileRow>(LEAD_PROFILE);
  readonly memberships = new VersionWriter<MembershipRow>(ACCOUNT_MEMBERSHIP);
  readonly identityKeys = new VersionWriter<KeyRow>(IDENTITY_KEY);
  readonly links = new VersionWriter<LinkRow>(IDENTITY_LINK);
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
  link(pair: Pair, before: readonly LinkBetween[], after: readonly LinkBetween[], position: Position): void {
    const has = (links: readonly LinkBetween[], { kind, stamp }: LinkBetween): boolean =>
      links.some((each) => each.kind === kind && each.stamp.id === stamp.id);
    const name = ({ kind, stamp }: LinkBetween): string =>
      [pair.workspace, pair.key, pair.otherKey, kind, stamp.id].join('\0');
    for (const link of before) {
      if (has(after, link)) continue;
      this.links.end(this.#links.get(name(link)) ?? { ...linkRow(pair, link), ...standing() }, position);
    }
    for (const link of after) {
      if (has(before, link)) continue;
      const row = { ...linkRow(pair, link), ...startingAt(position) };
      this.links.put(row);
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
      ...tables.flatMap((table) => table.flush(healing)),
      ...writeLeads(leads),
      ...writeKeys(keys),
      ...moveFacts([...this.#movedFacts]),
      ...insertFacts(this.#newFacts),
    ];
    this.#newFacts = [];
    this.#movedFacts.clear();
    this.#links.clear();
    return statements;
  }
}
