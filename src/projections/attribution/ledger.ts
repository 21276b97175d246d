import type { PoolClient } from 'pg';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import { copyInto } from '../copy.js';
import type { Metric, Path } from './credits.js';
import { PATH_COLUMNS, pathRow, SHARE_COLUMNS, shareRows } from './rows.js';

/** A version to write. */
interface Added {
  readonly path: Path;
  readonly settings: AttributionSettings;
  readonly knownFrom: bigint;
  supersededAt: bigint | null;
}

/** The current paths of some deals while positions pass over them: only what differs is ended and added. */
export class Ledger {
  private readonly current = new Map<string, { digest: string | null; added?: Added; pathId?: string }>();
  private readonly added: Added[] = [];
  private readonly ended: { readonly pathId: string; readonly at: bigint }[] = [];

  private constructor(private readonly tx: PoolClient) {}

  static async of(tx: PoolClient, workspace: string, opportunityIds: readonly string[]): Promise<Ledger> {
    const ledger = new Ledger(tx);
    const { rows } = await tx.query<{
      path_id: string;
      opportunity_id: string;
      metric: Metric;
      digest: string;
    }>(
      `SELECT path_id, opportunity_id, metric, replace(digest::text, '-', '') AS digest
       FROM touchline.attribution_path
       WHERE workspace = $1 AND opportunity_id = ANY ($2) AND superseded_at IS NULL`,
      [workspace, opportunityIds],
    );
    for (const { path_id: pathId, opportunity_id, metric, digest } of rows) {
      ledger.current.set(keyOf(opportunity_id, metric), { digest, pathId });
    }
    return ledger;
  }

  /** From `position` on this is the path of the deal and metric; undefined: it has none. */
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
    if (before?.added) before.added.supersededAt = position;
    if (before?.pathId !== undefined) this.ended.push({ pathId: before.pathId, at: position });
    this.current.delete(key);
    if (!path) return;
    const added: Added = { path, settings, knownFrom: position, supersededAt: null };
    this.added.push(added);
    this.current.set(key, { digest: path.digest, added });
  }

  /** How many versions wait to be written. */
  get pending(): number {
    return this.added.length;
  }

  /** Between two deals: what was written is not ended again by the same ledger. */
  async write(): Promise<void> {
    const { tx, added, ended } = this;
    if (ended.length > 0) {
      await tx.query(
        `UPDATE touchline.attribution_path path SET superseded_at = ended.at
         FROM unnest($1::bigint[], $2::bigint[]) ended (path_id, at) WHERE path.path_id = ended.path_id`,
        [ended.map(({ pathId }) => pathId), ended.map(({ at }) => String(at))],
      );
    }
    if (added.length > 0) {
      const ids = await newIds(tx, added.length);
      const rows = added.map((version, index) => ({ ...version, id: ids[index] ?? '' }));
      await copyInto(
        tx,
        'touchline.attribution_path',
        PATH_COLUMNS,
        rows.map(({ id, path, knownFrom, supersededAt }) => pathRow(id, path, knownFrom, supersededAt)),
      );
      await copyInto(
        tx,
        'touchline.attribution_share',
        SHARE_COLUMNS,
        rows.flatMap(({ id, path, settings }) => shareRows(id, path, settings)),
      );
    }
    ended.length = 0;
    added.length = 0;
  }
}

const keyOf = (opportunityId: string, metric: Metric): string => `${metric} ${opportunityId}`;

async function newIds(tx: PoolClient, count: number): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT nextval(pg_get_serial_sequence('touchline.attribution_path', 'path_id')) AS id
     FROM generate_series(1, $1::int)`,
    [count],
  );
  return rows.map(({ id }) => id);
}
