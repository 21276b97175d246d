import type pg from 'pg';
import type { Position } from '../domain/events.js';

export type SubscriptionStatus = 'running' | 'rebuilding' | 'failed';

/** Where one subscription stands. */
export interface Checkpoint {
  readonly name: string;
  readonly version: number;
  readonly position: Position;
  /** `rebuilding` also while another build is filled beside the live one, which answers meanwhile. */
  readonly status: SubscriptionStatus;
  readonly error: string | null;
  /** Set while there is nothing to answer from: its rows may be read from there on. */
  readonly rebuildTo: Position | null;
  readonly owner: string | null;
  /** Set while it is rebuilt, or made for the first time on a log with events. */
  readonly rebuild: RebuildProgress | null;
  /** What the last rebuild made, beside what there was before it. */
  readonly comparison: Comparison | null;
}

export interface RebuildProgress {
  /** Of the code that makes the rows. */
  readonly version: number;
  /** The rows of this workspace are rebuilt; null: those of all. */
  readonly workspace: string | null;
  readonly position: Position;
  /** Where it takes the place of the live build, as of now. */
  readonly target: Position;
  /** Positions of the log a second, lately; null: not measured lately. */
  readonly rate: number | null;
  /** Seconds that are left at this rate. */
  readonly secondsLeft: number | null;
  /** It has caught up, and waits for the end of these transactions, in words; null: of none. */
  readonly waitsFor: string | null;
  readonly owner: string | null;
  readonly error: string | null;
}

/** Two builds of one projection at the same position of the log. */
export interface Comparison {
  readonly position: string;
  /** Its rows were compared; null or absent: those of all. */
  readonly workspace?: string | null;
  readonly comparedAt: string;
  /** Of the build before. */
  readonly version: number;
  /** Null: contents were not compared, because the versions differ or one of them has dead letters. */
  readonly isSame: boolean | null;
  readonly tables: readonly TableComparison[];
}

export interface TableComparison {
  readonly table: string;
  readonly rows: number;
  readonly rowsBefore: number;
  /** Null: contents were not compared. */
  readonly isSame: boolean | null;
}

interface CheckpointRow {
  readonly name: string;
  readonly version: number;
  readonly position: string;
  readonly status: SubscriptionStatus;
  readonly error: string | null;
  readonly rebuildTo: string | null;
  readonly owner: string | null;
  readonly comparison: Comparison | null;
  readonly rate: number | null;
  readonly nextVersion: number | null;
  readonly nextWorkspace: string | null;
  readonly nextPosition: string | null;
  readonly nextRate: number | null;
  readonly nextOwner: string | null;
  readonly nextError: string | null;
  readonly waitsFor: string | null;
}

/** A rate that nobody has measured for so long is no rate. */
const RECENT = `interval '30 s'`;
const recentRate = (alias: string): string =>
  `CASE WHEN ${alias}.rate_at > clock_timestamp() - ${RECENT} THEN ${alias}.rate END`;

const READ = `
  SELECT live.name, live.version, live.position, live.error, live.rebuild_to AS "rebuildTo", live.owner, live.comparison,
         CASE WHEN live.status = 'running' AND next.name IS NOT NULL THEN 'rebuilding' ELSE live.status END AS status,
         ${recentRate('live')} AS rate, next.version AS "nextVersion", next.workspace AS "nextWorkspace", next.position AS "nextPosition",
         ${recentRate('next')} AS "nextRate", next.owner AS "nextOwner", next.error AS "nextError",
         next.waits_for AS "waitsFor"
  FROM touchline.projection live
  LEFT JOIN touchline.projection next ON next.name = live.name AND NOT next.is_live
  WHERE live.is_live AND ($1::text[] IS NULL OR live.name = ANY ($1)) ORDER BY live.name`;

/** The checkpoints of the named subscriptions, or of all. */
export async function readCheckpoints(
  database: pg.Pool | pg.ClientBase,
  names?: readonly string[],
): Promise<Checkpoint[]> {
  const { rows } = await database.query<CheckpointRow>(READ, [names ?? null]);
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    position: BigInt(row.position),
    status: row.status,
    error: row.error,
    rebuildTo: row.rebuildTo === null ? null : BigInt(row.rebuildTo),
    owner: row.owner,
    rebuild: progressOf(row),
    comparison: row.comparison,
  }));
}

/** Where the named subscriptions stand, those that are registered. */
export async function readPositions(
  database: pg.Pool | pg.ClientBase,
  names: readonly string[],
): Promise<Position[]> {
  const { rows } = await database.query<{ position: string }>({
    name: 'checkpoint-positions',
    text: 'SELECT position FROM touchline.projection WHERE is_live AND name = ANY ($1)',
    values: [names],
  });
  return rows.map(({ position }) => BigInt(position));
}

function progressOf(row: CheckpointRow): RebuildProgress | null {
  const { nextVersion, nextWorkspace: workspace, nextRate: rate, nextOwner: owner, nextError: error } = row;
  if (nextVersion !== null)
    return {
      ...{ version: nextVersion, workspace, rate, waitsFor: row.waitsFor, owner, error },
      ...distance(row.nextPosition ?? '0', row.position, rate),
    };
  if (row.rebuildTo === null) return null;
  return {
    ...{ version: row.version, workspace: null, rate: row.rate, waitsFor: null },
    ...{ owner: row.owner, error: row.error },
    ...distance(row.position, row.rebuildTo, row.rate),
  };
}

function distance(
  at: string,
  to: string,
  rate: number | null,
): Pick<RebuildProgress, 'position' | 'target' | 'secondsLeft'> {
  const [position, target] = [BigInt(at), BigInt(to)];
  const left = target > position ? Number(target - position) : 0;
  const secondsLeft = left === 0 ? 0 : rate === null || rate <= 0 ? null : left / rate;
  return { position, target, secondsLeft };
}

/** How much of what it has to apply a rebuild has applied, 0 to 1. */
export const rebuiltRatio = ({ position, target }: RebuildProgress): number =>
  target > position ? Number(position) / Number(target) : 1;
