import type { Channel, Verdict } from '../domain/touchpoint.js';
import type { Origin, SessionPart } from '../domain/session.js';

/** What the session of a touchpoint follows from; columns of touchline.journey. */
export interface SessionColumns extends LabelColumns {
  readonly event_id: string;
  readonly channel: Channel;
  readonly session: SessionPart;
  readonly sets_origin: boolean;
  readonly verdict: Verdict;
}

interface LabelColumns {
  readonly channel: Channel | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
}

/** A row as `resolveSessions` takes it, with the row itself. */
export const placeOf = <Row extends SessionColumns>(row: Row) => ({
  row,
  id: row.event_id,
  ...labelsOf(row),
  session: row.session,
  setsOrigin: row.sets_origin,
  verdict: row.verdict,
});

export const labelsOf = ({ channel, source, medium, campaign }: LabelColumns): Origin => ({
  channel: channel ?? 'direct',
  ...(source !== null && { source }),
  ...(medium !== null && { medium }),
  ...(campaign !== null && { campaign }),
});
