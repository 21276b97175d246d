import type { PoolClient } from 'pg';
import { eventId } from '../domain/event-id.js';
import type { SegmentChange } from '../webhooks/message.js';

/** The id of a change follows from what it is, so that whoever reports it again, and wherever, gives it the same. */
export const segmentChangeId = ({
  workspace,
  leadId,
  segment,
  position,
  occurredAt,
  type,
}: Omit<SegmentChange, 'eventId' | 'modelVersion'>): string =>
  eventId(workspace, `segment:${leadId}`, `${segment} ${position} ${+occurredAt}`, type);

/** A change with its place among all changes. */
export interface NumberedChange extends SegmentChange {
  readonly number: bigint;
}

/** Each half reads its own index as far as the limit. */
const AFTER = `
  SELECT * FROM (
    (SELECT entered_change AS number, workspace, lead_id AS "leadId", segment_id AS segment, 'segment.entered' AS type,
            known_from AS position, entered_at AS "occurredAt", model_version AS "modelVersion"
     FROM touchline.segment_membership WHERE entered_change > $1 ORDER BY entered_change LIMIT $2)
    UNION ALL
    (SELECT left_change, workspace, lead_id, segment_id, 'segment.left', superseded_at, left_at, left_model_version
     FROM touchline.segment_membership WHERE left_change > $1 ORDER BY left_change LIMIT $2)
  ) change ORDER BY number LIMIT $2`;

type Row = Omit<NumberedChange, 'eventId' | 'number' | 'position'> & { number: string; position: string };

/** Who entered and left segments after a change, in the order in which it was found out. */
export async function segmentChangesAfter(
  tx: PoolClient,
  number: bigint,
  limit: number,
): Promise<NumberedChange[]> {
  const { rows } = await tx.query<Row>(AFTER, [number, limit]);
  return rows.map((row) => {
    const change = { ...row, number: BigInt(row.number), position: BigInt(row.position) };
    return { ...change, eventId: segmentChangeId(change) };
  });
}
