import { profiles } from '../metrics/buyer-touches.js';
import type { View } from '../read-models.js';
import { rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';

/** Whether a touch by a person at a time is one of those asked for. */
export type TouchFilter = (leadId: string, at: number) => boolean;

interface People {
  readonly persona: string | undefined;
  readonly stage: string | undefined;
}

const AT_ONCE = 20_000;

/**
 * Touches of people of a persona and in a buying stage. The persona is that of the position; the stage is the one that the person was
 * in or moved to at the instant of the touch.
 *
 * @param leadIds of all people of whom touches are filtered
 */
export async function touchFilter(
  view: View,
  { persona, stage }: People,
  leadIds: readonly string[],
): Promise<TouchFilter> {
  const isOfPersona = persona === undefined ? () => true : await personaTest(view, persona, leadIds);
  const isInStage = stage === undefined ? () => true : await stageTest(view, stage, leadIds);
  return (leadId, at) => isOfPersona(leadId) && isInStage(leadId, at);
}

async function personaTest(
  view: View,
  persona: string,
  leadIds: readonly string[],
): Promise<(leadId: string) => boolean> {
  const found = new Set<string>();
  for (const some of chunks(leadIds)) {
    const leads = await rows<{ lead_id: string }>(
      view.tx,
      sql`
      SELECT l.lead_id FROM (${profiles(view)}) l
      WHERE l.persona = ${persona} AND l.lead_id = ANY(${some}::uuid[])`,
    );
    for (const { lead_id } of leads) found.add(lead_id);
  }
  return (leadId) => found.has(leadId);
}

/** The moves of a person in the order of time. */
interface Moves {
  readonly at: readonly number[];
  readonly to: readonly boolean[];
}

async function stageTest(view: View, stage: string, leadIds: readonly string[]): Promise<TouchFilter> {
  const moves = new Map<string, Moves>();
  for (const some of chunks(leadIds)) {
    const found = await rows<Moves & { lead_id: string }>(
      view.tx,
      sql`
      SELECT t.lead_id, json_agg((extract(epoch FROM t.at) * 1000)::float8 ORDER BY t.at, t.event_id) AS at,
             json_agg(t.to_stage = ${stage} ORDER BY t.at, t.event_id) AS to
      FROM touchline.stage_transition t
      WHERE t.workspace = ${view.workspace} AND ${validAt('t', view.asOf)} AND t.lead_id = ANY(${some}::uuid[])
      GROUP BY t.lead_id`,
    );
    for (const { lead_id, at, to } of found) moves.set(lead_id, { at, to });
  }
  return (leadId, at) => {
    const own = moves.get(leadId);
    return own?.to[own.at.findLastIndex((moved) => moved <= at)] ?? false;
  };
}

function* chunks(ids: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < ids.length; start += AT_ONCE) yield ids.slice(start, start + AT_ONCE);
}
