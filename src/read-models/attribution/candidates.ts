import type { Candidate } from '../../domain/attribution/touches.js';
import { resolveSessions } from '../../domain/session.js';
import { placeOf } from '../session-columns.js';
import { trueAt, type Inputs, type JourneyRow } from './inputs.js';

/** Touchpoints of a lead right after the event at `position`, in their sessions. */
export const candidatesAt = (inputs: Inputs, leadId: string, position: bigint): Candidate[] =>
  resolveSessions(trueAt(inputs.journeys.get(leadId) ?? [], position).map(placeOf)).map(
    ({ row, sessionId, origin }) => ({
      eventId: row.event_id,
      leadId,
      occurredAt: row.occurred_at,
      kind: row.kind,
      channel: origin ? origin.channel : row.channel,
      source: origin ? (origin.source ?? null) : row.source,
      campaign: origin ? (origin.campaign ?? null) : row.campaign,
      contentId: row.content_id,
      contentTitle: row.content_title,
      contentStage: row.content_stage,
      sessionId,
      verdict: row.verdict,
      ...detailsOf(row),
    }),
  );

function detailsOf({ rep, content_type }: JourneyRow): Pick<Candidate, 'details'> {
  return rep === undefined ? {} : { details: { rep, contentType: content_type ?? null } };
}
