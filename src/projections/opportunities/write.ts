import type { EventType, RecordedEvent } from '../../domain/events.js';
import type { OpportunityEvent } from '../../domain/opportunity.js';
import { arrayParameter, bigint, text, timestamptz } from '../../read-models/column-types.js';
import type { Statement } from '../../read-models/statements.js';
import { OPPORTUNITY_CONTACT_KEY, OPPORTUNITY_EVENT, type ContactRow, type OpportunityRow } from './rows.js';

type Event = RecordedEvent<Extract<EventType, OpportunityEvent['type']>>;

export const writeEvents = (events: readonly Event[]): readonly Statement[] =>
  OPPORTUNITY_EVENT.insertMissing(
    events.map(({ workspace, id, type, occurredAt, data }) => ({
      ...{ workspace, type, data },
      opportunityId: data.opportunityId,
      eventId: id,
      occurredAt: +occurredAt,
    })),
  );

export const writeContactKeys = (contacts: readonly ContactRow[]): readonly Statement[] =>
  OPPORTUNITY_CONTACT_KEY.insertMissing(
    contacts.flatMap(({ workspace, opportunityId, keys }) =>
      keys.map((key) => ({ workspace, key, opportunityId })),
    ),
  );

/** An opportunity whose event was a dead letter and comes late may move on what later events left where it was. */
const MOVE_HORIZON = `
  WITH added AS (
    SELECT workspace, known_from, at, max(at) OVER earlier AS before
    FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS v (workspace, known_from, at)
    WINDOW earlier AS (PARTITION BY workspace ORDER BY known_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ), moved AS (
    SELECT workspace, known_from, at FROM added WHERE at > coalesce(greatest(before, (
      SELECT latest FROM opportunity_horizon known
      WHERE known.workspace = added.workspace AND known.known_from < added.known_from ORDER BY known.known_from DESC LIMIT 1
    )), '-infinity')
  ), overtaken AS (
    DELETE FROM opportunity_horizon known USING (
      SELECT later.ctid FROM moved CROSS JOIN LATERAL (
        SELECT later.ctid FROM opportunity_horizon later
        WHERE later.workspace = moved.workspace AND later.known_from > moved.known_from AND later.latest <= moved.at
        OFFSET 0
      ) later
    ) later
    WHERE known.ctid = later.ctid
  )
  INSERT INTO opportunity_horizon SELECT workspace, known_from, at FROM moved`;

export function writeHorizon(opportunities: readonly OpportunityRow[]): readonly Statement[] {
  if (opportunities.length === 0) return [];
  const values = [
    arrayParameter(
      text,
      opportunities.map(({ workspace }) => workspace),
    ),
    arrayParameter(
      bigint,
      opportunities.map(({ knownFrom }) => knownFrom),
    ),
    arrayParameter(
      timestamptz,
      opportunities.map(({ openedAt, closedAt }) => Math.max(openedAt, closedAt ?? openedAt)),
    ),
  ];
  return [{ text: MOVE_HORIZON, values }];
}
