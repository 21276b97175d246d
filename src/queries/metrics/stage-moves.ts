import type { BuyingStage } from '../../domain/model/journey-model.js';
import type { View } from '../read-models.js';
import { allOf, join, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { profiles } from './buyer-touches.js';

/** The stages that leads have been in. Elsewhere a stage is its place here, from 1. */
export async function reachedStages({ tx, workspace, asOf }: View): Promise<readonly string[]> {
  const found = await rows<{ stage: string }>(
    tx,
    sql`
    SELECT DISTINCT t.to_stage AS stage FROM touchline.stage_transition t
    WHERE t.workspace = ${workspace} AND ${validAt('t', asOf)}`,
  );
  return found.map(({ stage }) => stage).sort();
}

/** Moves, up to an instant. The primary key has all of their columns, so that they are read in the order of time and not sorted. */
const moves = ({ workspace, asOf }: View, until?: Date): Sql => sql`
  SELECT t.lead_id, t.at, t.event_id, t.to_stage FROM touchline.stage_transition t
  WHERE ${allOf([sql`t.workspace = ${workspace} AND ${validAt('t', asOf)}`, until && sql`t.at <= ${until}`])}`;

/** The times that leads spent in a buying stage: from a move to the next one at `ended_at`, NULL: they are still there. */
export const stageSpells = (view: View, until?: Date): Sql => sql`
  SELECT m.lead_id, m.to_stage AS stage, m.at AS began_at, lead(m.at) OVER moves AS ended_at
  FROM (${moves(view, until)}) m
  WINDOW moves AS (PARTITION BY m.lead_id ORDER BY m.at, m.event_id)`;

/**
 * Leads, each with its moves as arrays in the order of time: `moved_at`, `moved_by` and `moved_to`, NULL without any. In arrays a
 * touchpoint finds its stage by a binary search, where a join would compare each with every move of its lead.
 */
export const leadMoves = (view: View, stages: readonly string[]): Sql => sql`
  SELECT profile.lead_id, profile.persona, moves.moved_at, moves.moved_by, moves.moved_to
  FROM (${profiles(view)}) profile
  LEFT JOIN (
    SELECT m.lead_id, array_agg(m.at) AS moved_at, array_agg(m.event_id) AS moved_by,
           array_agg(array_position(${stages}::text[], m.to_stage)) AS moved_to
    FROM (SELECT m.* FROM (${moves(view)}) m ORDER BY m.lead_id, m.at, m.event_id) m
    GROUP BY m.lead_id) moves ON moves.lead_id = profile.lead_id`;

/**
 * How many moves of its lead `l` lie before a touchpoint `j`; with `or equal` also the move that the touchpoint caused. Of moves at the
 * instant of the touchpoint the id of their events decides.
 */
export const movesBefore = (comparison: '<' | '<='): Sql =>
  raw(`
  CASE WHEN l.moved_at IS NULL THEN 0
       WHEN l.moved_at[width_bucket(j.occurred_at, l.moved_at)] IS DISTINCT FROM j.occurred_at
       THEN width_bucket(j.occurred_at, l.moved_at)
       WHEN l.moved_by[width_bucket(j.occurred_at, l.moved_at)] ${comparison} j.event_id
       THEN width_bucket(j.occurred_at, l.moved_at)
       WHEN l.moved_at[width_bucket(j.occurred_at, l.moved_at) - 1] IS DISTINCT FROM j.occurred_at
       THEN width_bucket(j.occurred_at, l.moved_at) - 1
       ELSE (SELECT count(*)::int FROM unnest(l.moved_at, l.moved_by) AS move (at, event_id)
             WHERE (move.at, move.event_id) ${comparison} (j.occurred_at, j.event_id))
  END`);

/** For each stage its place in the process of the persona of a lead `l`; NULL: it is none of them. */
export function placesOf({ model }: View, stages: readonly string[]): Sql {
  const { personas, stages: common } = model?.data.document ?? { personas: [], stages: [] };
  const places = (process: readonly BuyingStage[]): Sql => {
    const ids = process.map(({ id }) => id);
    return sql`${stages.map((stage) => (ids.includes(stage) ? ids.indexOf(stage) : null))}::int[]`;
  };
  const own = personas.flatMap(({ id, stages: process }) =>
    process ? [sql`WHEN ${id} THEN ${places(process)}`] : [],
  );
  return own.length === 0 ? places(common) : sql`CASE l.persona ${join(own, ' ')} ELSE ${places(common)} END`;
}
