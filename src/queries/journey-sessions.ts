import type { Channel } from '../domain/touchpoint.js';
import { type StoredSessionPart, resolveSessions, type ResolvedSession } from '../domain/session.js';
import { labelsOf, placeOf, type SessionColumns } from '../read-models/session-columns.js';
import type { View } from './read-models.js';
import { rows, sql } from './sql.js';

/** A row of a page of touchpoints. */
export interface TouchpointColumns extends SessionColumns {
  readonly lead_id: string;
  readonly occurred_at: Date;
}

interface RunningSession {
  readonly lead_id: string;
  readonly session_id: string;
  readonly origin_id: string | null;
  readonly channel: Channel | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
}

/**
 * Sessions and inherited origins of touchpoints that follow each other in the journeys of their leads, by event id. So only
 * the session that runs into the first touchpoint of each lead is looked up.
 *
 * @param inOrder by time, then event id
 */
export async function sessionsOf(
  view: View,
  inOrder: readonly TouchpointColumns[],
): Promise<ReadonlyMap<string, ResolvedSession>> {
  const byLead = Map.groupBy(inOrder, ({ lead_id }) => lead_id);
  const firsts = [...byLead.values()].flatMap((run) => run.slice(0, 1));
  const running = await runningBefore(
    view,
    firsts.filter(({ session }) => session === 'within'),
  );
  const sessions = [...byLead].flatMap(([lead, run]) =>
    resolveSessions<StoredSessionPart>([...opening(running.get(lead)), ...run.map(placeOf)]),
  );
  return new Map(sessions.map((session) => [session.id, session]));
}

/** The touchpoints before that matter: the one that started the running session, and the one that set its origin. */
function opening(running: RunningSession | undefined): StoredSessionPart[] {
  if (!running) return [];
  const start = { id: running.session_id, channel: 'direct', session: 'start', setsOrigin: false } as const;
  const origin = running.origin_id !== null && {
    id: running.origin_id,
    ...labelsOf(running),
    session: 'within' as const,
    setsOrigin: true,
  };
  return [start, ...(origin ? [origin] : [])].map((place) => ({ ...place, verdict: 'human' }));
}

/** The session that runs when each of the touchpoints happens, with the origin it then has. */
async function runningBefore(
  view: View,
  touchpoints: readonly TouchpointColumns[],
): Promise<ReadonlyMap<string, RunningSession>> {
  if (touchpoints.length === 0) return new Map();
  const { tx, workspace, asOf } = view;
  const position = (await view.isCurrent('journey')) ? null : asOf;
  const found = await rows<RunningSession>(
    tx,
    sql`
    SELECT t.lead_id, start.event_id AS session_id, origin.event_id AS origin_id, origin.channel, origin.source,
           origin.medium, origin.campaign
    FROM unnest(${touchpoints.map((row) => row.lead_id)}::uuid[],
                ${touchpoints.map((row) => row.occurred_at)}::timestamptz[],
                ${touchpoints.map((row) => row.event_id)}::uuid[]) AS t (lead_id, occurred_at, event_id)
    CROSS JOIN LATERAL touchline.session_start(
      ${workspace}, t.lead_id, t.occurred_at, t.event_id, ${position}::bigint) start
    LEFT JOIN LATERAL touchline.session_origin(
      ${workspace}, t.lead_id, t.occurred_at, t.event_id, ${position}::bigint) origin ON true`,
  );
  return new Map(found.map((row) => [row.lead_id, row]));
}
