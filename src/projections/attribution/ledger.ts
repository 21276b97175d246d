import type { PoolClient } from 'pg';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import { METRICS, type Metric, type Path } from '../../read-models/attribution/credits.js';
import {
  ATTRIBUTION_PATH,
  ATTRIBUTION_SHARE,
  pathRow,
  shareRows,
} from '../../read-models/attribution/records.js';
import { runStatements } from '../../read-models/statements.js';

/** A version of the credits of an opportunity by one metric. */
interface LedgerVersion {
  /** Undefined: not yet written. */
  pathId?: bigint;
  readonly digest: string | null;
  readonly touches: number;
  readonly knownFrom: bigint;
  supersededAt: bigint | null;
  /** The version that ended where this one began. */
  readonly previous?: LedgerVersion | undefined;
}
interface NewVersion extends LedgerVersion {
  readonly path: Path;
  readonly settings: AttributionSettings;
}
/** Positions in [first, last) at which the ledger may not tell the credits of an opportunity. */
export interface Gap {
  readonly first: bigint;
  readonly last: bigint;
}

/** So few touches are always kept. */
const FEW_TOUCHES = 100;

/**
 * A version that more touches went into than it stood positions of the log. Kept for ever, such versions would cost the
 * square of the number of touches that arrive late one by one; what is kept of an opportunity is no more than its log.
 */
const isBrief = ({ touches, knownFrom }: LedgerVersion, until: bigint): boolean =>
  touches > FEW_TOUCHES && until > knownFrom && until - knownFrom < BigInt(touches);

interface StoredRow {
  readonly path_id: string;
  readonly opportunity_id: string;
  readonly metric: Metric;
  readonly digest: string | null;
  readonly touches: number;
  readonly known_from: string;
  readonly previous: string | null;
}

/** The current versions of some opportunities while positions pass over them: only what differs is ended and added. */
export class Ledger {
  private readonly current = new Map<string, LedgerVersion>();
  private readonly added = new Set<NewVersion>();
  private readonly ended = new Set<LedgerVersion>();
  private readonly removed = new Set<LedgerVersion>();
  private readonly gaps: (Gap & { readonly opportunityId: string })[] = [];

  private constructor(
    private readonly tx: PoolClient,
    private readonly workspace: string,
  ) {}

  static async of(tx: PoolClient, workspace: string, opportunityIds: readonly string[]): Promise<Ledger> {
    const ledger = new Ledger(tx, workspace);
    const { rows } = await tx.query<StoredRow>(CURRENT, [workspace, opportunityIds]);
    for (const row of rows) ledger.current.set(keyOf(row.opportunity_id, row.metric), storedVersion(row));
    return ledger;
  }

  /** From `position` on this is the path of the opportunity and metric; undefined: it has none. */
  put(
    opportunityId: string,
    metric: Metric,
    position: bigint,
    path: Path | undefined,
    settings: AttributionSettings,
  ): void {
    const key = keyOf(opportunityId, metric);
    const before = this.current.get(key);
    if (before?.digest === path?.digest) return;
    const previous = before && this.end(opportunityId, before, position);
    this.current.delete(key);
    if (!path) return;
    const { digest, touches } = path;
    const standing = { digest, touches: touches.length, knownFrom: position, supersededAt: null, previous };
    const version: NewVersion = { ...standing, path, settings };
    this.added.add(version);
    this.current.set(key, version);
  }

  /** How many touches the current credits of an opportunity have. */
  touchesOf(opportunityId: string): number {
    return Math.max(...METRICS.map((metric) => this.current.get(keyOf(opportunityId, metric))?.touches ?? 0));
  }

  /** From `first` on, until a later batch computes them, the ledger does not tell the credits of the opportunity. */
  async openGap(opportunityId: string, first: bigint): Promise<void> {
    await this.tx.query(OPEN_GAP, [this.workspace, opportunityId, String(first)]);
  }

  async closeGap(opportunityId: string): Promise<void> {
    await this.tx.query(CLOSE_GAP, [this.workspace, opportunityId]);
  }

  leaveGaps(opportunityId: string, gaps: readonly Gap[]): void {
    for (const { first, last } of gaps) this.gaps.push({ opportunityId, first, last });
  }

  /** How many touches wait to be written. */
  get pending(): number {
    return [...this.added].reduce((sum, { touches }) => sum + touches + 1, 0);
  }

  async write(): Promise<void> {
    const { tx, workspace, gaps } = this;
    const removed = [...this.removed].map(({ pathId }) => String(pathId));
    if (removed.length > 0) await tx.query(REMOVE, [removed]);
    const ended = [...this.ended];
    if (ended.length > 0) {
      await tx.query(END, [
        ended.map(({ pathId }) => String(pathId)),
        ended.map(({ supersededAt }) => String(supersededAt)),
      ]);
    }
    if (this.added.size > 0) await this.copyAdded();
    if (gaps.length > 0) {
      await tx.query(LEAVE_GAPS, [
        workspace,
        gaps.map(({ opportunityId }) => opportunityId),
        gaps.map(({ first }) => String(first)),
        gaps.map(({ last }) => String(last)),
      ]);
    }
    for (const waiting of [this.removed, this.ended, this.added]) waiting.clear();
    gaps.length = 0;
  }

  /** Answers the version that now ends at the position: a brief one is dropped, and the one before it stands until then. */
  private end(opportunityId: string, version: LedgerVersion, position: bigint): LedgerVersion {
    const previous = isBrief(version, position) ? version.previous : undefined;
    const last = previous ?? version;
    last.supersededAt = position;
    if (last.pathId !== undefined) this.ended.add(last);
    if (previous) {
      this.added.delete(version as NewVersion);
      this.ended.delete(version);
      if (version.pathId !== undefined) this.removed.add(version);
      this.leaveGaps(opportunityId, [{ first: version.knownFrom, last: position }]);
    }
    return last;
  }

  private async copyAdded(): Promise<void> {
    const ids = await newIds(this.tx, this.added.size);
    const added = [...this.added].map((version, index) => ({ version, pathId: ids[index] ?? 0n }));
    for (const { version, pathId } of added) version.pathId = pathId;
    await runStatements(this.tx, [
      ...ATTRIBUTION_PATH.insert(added.map(({ version, pathId }) => pathRow(pathId, version.path, version))),
      ...ATTRIBUTION_SHARE.insert(
        added.flatMap(({ version: { path, settings }, pathId }) => shareRows(pathId, path, settings)),
      ),
    ]);
  }
}

const CURRENT = `
  SELECT path.path_id, path.opportunity_id, path.metric, replace(path.digest::text, '-', '') AS digest,
    cardinality(path.event_ids) AS touches, path.known_from, previous.path_id AS previous
  FROM attribution_path path
  LEFT JOIN LATERAL (
    SELECT before.path_id, before.superseded_at FROM attribution_path before
    WHERE before.workspace = path.workspace AND before.opportunity_id = path.opportunity_id
      AND before.metric = path.metric AND before.known_from < path.known_from
    ORDER BY before.known_from DESC LIMIT 1
  ) previous ON previous.superseded_at = path.known_from
  WHERE path.workspace = $1 AND path.opportunity_id = ANY ($2) AND path.superseded_at IS NULL`;

const REMOVE = `
  WITH removed AS (DELETE FROM attribution_path WHERE path_id = ANY ($1::bigint[]))
  DELETE FROM attribution_share WHERE path_id = ANY ($1::bigint[])`;

const END = `
  UPDATE attribution_path path SET superseded_at = ended.at
  FROM unnest($1::bigint[], $2::bigint[]) ended (path_id, at) WHERE path.path_id = ended.path_id`;

const LEAVE_GAPS = `
  INSERT INTO attribution_gap (workspace, opportunity_id, positions)
  SELECT $1, gap.opportunity_id, int8range(gap.first, gap.last)
  FROM unnest($2::text[], $3::bigint[], $4::bigint[]) gap (opportunity_id, first, last)`;

const OPEN_GAP = `
  INSERT INTO attribution_gap (workspace, opportunity_id, positions) VALUES ($1, $2, int8range($3, NULL))
  ON CONFLICT DO NOTHING`;

const CLOSE_GAP = `
  DELETE FROM attribution_gap WHERE workspace = $1 AND opportunity_id = $2 AND upper_inf(positions)`;

const keyOf = (opportunityId: string, metric: Metric): string => `${metric} ${opportunityId}`;

function storedVersion({ path_id: pathId, digest, touches, known_from, previous }: StoredRow): LedgerVersion {
  const knownFrom = BigInt(known_from);
  const before = { digest: null, touches: 0, knownFrom: 0n, supersededAt: knownFrom };
  return {
    ...{ pathId: BigInt(pathId), digest, touches, knownFrom, supersededAt: null },
    previous: previous === null ? undefined : { ...before, pathId: BigInt(previous) },
  };
}

async function newIds(tx: PoolClient, count: number): Promise<bigint[]> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT nextval(pg_get_serial_sequence('attribution_path', 'path_id')) AS id
     FROM generate_series(1, $1::int)`,
    [count],
  );
  return rows.map(({ id }) => BigInt(id));
}
