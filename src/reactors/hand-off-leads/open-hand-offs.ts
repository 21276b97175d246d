import { LRUCache } from 'lru-cache';
import type { PoolClient } from 'pg';
import type { Position } from '../../domain/events.js';
import {
  changedOpenLeads,
  listOpenLeads,
  type ChangedOpenLead,
  type OpenLead,
} from '../../read-models/open-leads.js';

/** Of all workspaces together; some 300 bytes each. */
const MOST_LEADS = 200_000;
/** To find what changed at a position takes about a tenth of the time in which an open lead is counted. */
const POSITIONS_A_LEAD = 10;
const FEWEST_POSITIONS = 10_000;

/** Up to where the rows reach, and which rows they are. */
interface RowState {
  /** Of the projection that is furthest behind. */
  readonly position: Position;
  readonly builds: string;
  /** A dead letter was applied behind later events: its rows have positions that were read already. */
  readonly appliedLate: boolean;
}

/**
 * The open hand-offs of workspaces, kept in memory from batch to batch: only leads of which something changed are counted again, so a
 * batch takes no longer where many are open. Nothing of it needs to outlive the process: a new one counts all once.
 */
export class OpenHandOffs {
  readonly #known = new LRUCache<string, WorkspaceHandOffs>({
    maxSize: MOST_LEADS,
    sizeCalculation: ({ size }) => size + 1,
  });

  /** As the rows have them now. */
  async of(tx: PoolClient, workspace: string): Promise<WorkspaceHandOffs> {
    // Before the rows: what is written in between is read again next time.
    const state = await rowState(tx);
    const handOffs = this.#usable(workspace, state) ?? new WorkspaceHandOffs(state.builds);
    const changes =
      handOffs.position === undefined
        ? await listOpenLeads(tx, workspace)
        : await changedOpenLeads(tx, workspace, handOffs.position);
    handOffs.apply(changes, state.position);
    this.#known.set(workspace, handOffs);
    return handOffs;
  }

  #usable(workspace: string, { position, builds, appliedLate }: RowState): WorkspaceHandOffs | undefined {
    const known = this.#known.get(workspace);
    if (known?.position === undefined || known.builds !== builds || appliedLate) return undefined;
    const farthest = Math.max(FEWEST_POSITIONS, known.size * POSITIONS_A_LEAD);
    return position - known.position <= farthest ? known : undefined;
  }
}

export class WorkspaceHandOffs {
  /** What changed after it is to be counted; undefined: all. */
  position: Position | undefined;
  readonly #byLead = new Map<string, OpenLead>();
  readonly #byDecided = new Map<string, OpenLead>();
  readonly #open = new Map<string, number>();

  constructor(readonly builds: string) {}

  get size(): number {
    return this.#byLead.size;
  }

  /**
   * How many each recipient has.
   *
   * @param except leads that are not counted, by the ids of their decisions
   */
  counts(except: Iterable<string>): Map<string, number> {
    const counts = new Map(this.#open);
    for (const decidedId of except) {
      const lead = this.#byDecided.get(decidedId);
      if (lead) addTo(counts, lead.recipient, -1);
    }
    return counts;
  }

  apply(changes: readonly ChangedOpenLead[], position: Position): void {
    for (const { leadId } of changes) this.#remove(leadId);
    for (const lead of changes) if (lead.recipient !== null) this.#add(lead);
    this.position = position;
  }

  #add(lead: OpenLead): void {
    this.#byLead.set(lead.leadId, lead);
    this.#byDecided.set(lead.decidedId, lead);
    addTo(this.#open, lead.recipient, 1);
  }

  #remove(leadId: string): void {
    const lead = this.#byLead.get(leadId);
    if (!lead) return;
    this.#byLead.delete(leadId);
    this.#byDecided.delete(lead.decidedId);
    addTo(this.#open, lead.recipient, -1);
  }
}

function addTo(counts: Map<string, number>, recipient: string, number: number): void {
  counts.set(recipient, (counts.get(recipient) ?? 0) + number);
}

/** A workspace whose rows were replaced has another epoch. */
async function rowState(tx: PoolClient): Promise<RowState> {
  const { rows } = await tx.query<{ position: string; builds: string; appliedLate: boolean }>(
    `SELECT min(position) AS position, bool_or(applied_late) AS "appliedLate",
            string_agg(name || ' ' || build || ' ' || epoch, ', ' ORDER BY name) AS builds
     FROM touchline.projection WHERE is_live AND name IN ('journey', 'opportunities', 'lifecycle')`,
  );
  const [row] = rows;
  if (!row) throw new Error('there is no projection');
  return { ...row, position: BigInt(row.position) };
}
