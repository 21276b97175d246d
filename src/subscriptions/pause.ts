import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type RebuildMember, isLevel, readMembers } from './rebuild-members.js';

/**
 * A live build stands still for so long at most while another takes its place, and for so much of it until that is level. Both
 * pauses together are shorter than questions wait for a position (10 s), and so is each with the time between two tries.
 */
export const PAUSE_MS = 5_000;
/** Longer after each attempt that did not get level, as on a loaded machine. */
export const LEVEL_MS = { first: 2_000, longest: 4_000, growth: 1.5 };

/** Builds that are to take the place of the live ones together. */
export interface Pausable {
  readonly rebuild: string;
  readonly members: readonly RebuildMember[];
  /** How long they may take to get level. */
  readonly levelMs: number;
  /** Applies what has come since. */
  readonly step: () => Promise<unknown>;
}

/** Does the work while the builds are level and the live ones stand still; undefined when they do not get level. */
export async function whilePaused<T>(
  { pool, wake }: { readonly pool: pg.Pool; readonly wake: () => void },
  { rebuild, members, levelMs, step }: Pausable,
  work: (deadline: number) => Promise<T>,
): Promise<T | undefined> {
  const names = members.map(({ name }) => name);
  const began = performance.now();
  await pool.query(PAUSE, [names, PAUSE_MS]);
  wake();
  try {
    while (!isLevel(await readMembers(pool, rebuild))) {
      if (performance.now() > began + levelMs) return undefined;
      await step();
      await sleep(10);
    }
    return await work(began + PAUSE_MS);
  } finally {
    await pool.query(RESUME, [names]);
    wake();
  }
}

/** Who is moving a live build fails from here on. */
const PAUSE = `
  UPDATE touchline.projection
  SET paused_until = clock_timestamp() + $2::int * interval '1 ms', epoch = epoch + 1, owner = NULL, lease_until = NULL
  WHERE (name, build) IN (
    SELECT name, build FROM touchline.projection WHERE is_live AND name = ANY ($1) ORDER BY name FOR UPDATE)`;
const RESUME = `UPDATE touchline.projection SET paused_until = NULL WHERE is_live AND name = ANY ($1)`;
