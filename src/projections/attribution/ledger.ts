import type { PoolClient } from 'pg';
import type { Metric, Path } from './credits.js';

interface Stored {
  readonly pathId?: string;
  readonly digest: string | null;
}

/** A version to write. */
interface Added extends Path {
  readonly known_from: string;
  superseded_at: string | null;
}

/** The current paths of some deals while positions pass over them: only what differs is ended and added. */
export class Ledger {
  private readonly current = new Map<string, Stored & { readonly added?: Added }>();
  private readonly added: Added[] = [];
  private readonly ended: { readonly path_id: string; readonly superseded_at: string }[] = [];

  private constructor(private readonly tx: PoolClient) {}

  static async of(tx: PoolClient, workspace: string, opportunityIds: readonly string[]): Promise<Ledger> {
    const ledger = new Ledger(tx);
    const { rows } = await tx.query<{
      path_id: string;
      opportunity_id: string;
      metric: Metric;
      digest: string;
    }>(
      `SELECT path_id, opportunity_id, metric, replace(digest::text, '-', '') AS digest FROM touchline.attribution_path
       WHERE workspace = $1 AND opportunity_id = ANY ($2) AND superseded_at IS NULL`,
      [workspace, opportunityIds],
    );
    for (const { path_id: pathId, opportunity_id, metric, digest } of rows) {
      ledger.current.set(keyOf(opportunity_id, metric), { pathId, digest });
    }
    return ledger;
  }

  /** From `position` on this path is true of the deal and metric; undefined: none is. */
  put(opportunityId: string, metric: Metric, position: bigint, path: Path | undefined): void {
    const key = keyOf(opportunityId, metric);
    const before = this.current.get(key);
    if (before?.digest === path?.digest) return;
    const at = String(position);
    if (before?.added) before.added.superseded_at = at;
    else if (before?.pathId !== undefined) this.ended.push({ path_id: before.pathId, superseded_at: at });
    this.current.delete(key);
    if (!path) return;
    const added = { ...path, known_from: at, superseded_at: null };
    this.added.push(added);
    this.current.set(key, { digest: path.digest, added });
  }

  /** How many versions wait to be written. */
  get pending(): number {
    return this.added.length;
  }

  /** Between two deals: what was written is not ended again by the same ledger. */
  async write(): Promise<void> {
    if (this.ended.length > 0) await this.tx.query(END, [JSON.stringify(this.ended)]);
    if (this.added.length > 0) await this.tx.query(ADD, [JSON.stringify(this.added)]);
    this.ended.length = 0;
    this.added.length = 0;
  }
}

const keyOf = (opportunityId: string, metric: Metric): string => `${metric} ${opportunityId}`;

const END = `
  UPDATE touchline.attribution_path path SET superseded_at = ended.superseded_at
  FROM json_to_recordset($1) AS ended (path_id bigint, superseded_at bigint)
  WHERE path.path_id = ended.path_id`;

const COLUMNS = `workspace, opportunity_id, metric, credited_at, currency, amount_minor, reported_currency,
  reported_minor, committee, event_ids, lead_ids, occurred_at, milestones, content_ids, content_titles, channels,
  campaigns, sources, digest, known_from, superseded_at`;

const ADD = `
  WITH path AS (
    INSERT INTO touchline.attribution_path (${COLUMNS})
    SELECT ${COLUMNS} FROM json_populate_recordset(NULL::touchline.attribution_path, $1)
    RETURNING path_id, workspace, opportunity_id, metric, known_from
  )
  INSERT INTO touchline.attribution_share (path_id, workspace, model, weights, amounts, reported, marks)
  SELECT path.path_id, path.workspace, share.*
  FROM json_to_recordset($1)
    AS added (workspace text, opportunity_id text, metric text, known_from bigint, shares json)
  JOIN path USING (workspace, opportunity_id, metric, known_from)
  CROSS JOIN LATERAL json_to_recordset(added.shares)
    AS share (model text, weights float8[], amounts bigint[], reported bigint[], marks smallint[])`;
