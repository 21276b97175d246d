import type pg from 'pg';
import type { Position } from '../domain/events.js';
import type { BuildKey } from './build-schema.js';
import type { Comparison } from './read-checkpoints.js';

/** A build, beside the live one that it is to replace. */
export interface RebuildMember extends BuildKey {
  readonly version: number;
  readonly position: Position;
  /** False: its tables are not there yet. */
  readonly prepared: boolean;
  /** It has the rows of this workspace alone; null: of all. */
  readonly workspace: string | null;
  /** Null: not compared yet. */
  readonly comparison: Comparison | null;
  readonly liveBuild: string;
  readonly liveVersion: number;
  readonly livePosition: Position;
  /** Both should have the same rows: the same code made them, of the same events in the same order. */
  readonly isComparable: boolean;
}

/** The builds that become live together, by name. */
export async function readMembers(
  database: pg.Pool | pg.ClientBase,
  rebuild: string,
): Promise<RebuildMember[]> {
  const { rows } = await database.query<
    Omit<RebuildMember, 'position' | 'livePosition'> & { position: string; livePosition: string }
  >(
    `SELECT next.name, next.build, next.version, next.position, next.prepared, next.workspace, next.comparison,
            live.build AS "liveBuild", live.version AS "liveVersion", live.position AS "livePosition",
            next.version = live.version AND NOT live.applied_late AND NOT EXISTS (
              SELECT FROM touchline.dead_letter letter
              WHERE letter.projection = next.name AND letter.build IN (next.build, live.build)
                AND (next.workspace IS NULL OR letter.workspace = next.workspace)
            ) AS "isComparable"
     FROM touchline.projection next JOIN touchline.projection live ON live.name = next.name AND live.is_live
     WHERE next.rebuild = $1 ORDER BY next.name`,
    [rebuild],
  );
  return rows.map((row) => ({
    ...row,
    position: BigInt(row.position),
    livePosition: BigInt(row.livePosition),
  }));
}

/** Whether all are there, and stand where the live ones do. */
export const isLevel = (members: readonly RebuildMember[]): boolean =>
  members.every(({ prepared, position, livePosition }) => prepared && position === livePosition);
