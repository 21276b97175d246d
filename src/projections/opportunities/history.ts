import type { PoolClient } from 'pg';
import type { EventType, RecordedEvent } from '../../domain/events.js';
import { OpportunityHistory } from '../../domain/opportunity-history.js';
import type { OpportunityEvent } from '../../domain/opportunity.js';
import { opportunityIds } from './write.js';

type Event = RecordedEvent<Extract<EventType, OpportunityEvent['type']>>;

interface EventRow {
  readonly workspace: string;
  readonly opportunity_id: string;
  readonly id: string;
  readonly type: string;
  readonly occurred_at: Date;
  readonly data: object;
}

/** What is known of the opportunities of a batch before it, by workspace and id joined by NUL. */
export async function loadHistories(
  tx: PoolClient,
  events: readonly Event[],
): Promise<Map<string, OpportunityHistory>> {
  const { rows } = await tx.query<EventRow>(
    `SELECT known.workspace, known.opportunity_id, event_id AS id, type, occurred_at, data
     FROM unnest($1::text[], $2::text[]) wanted (workspace, opportunity_id)
     JOIN touchline.opportunity_event known USING (workspace, opportunity_id)
     ORDER BY occurred_at, event_id`,
    opportunityIds(events),
  );
  const groups = Map.groupBy(rows, ({ workspace, opportunity_id }) => `${workspace}\0${opportunity_id}`);
  return new Map(
    [...groups].map(([key, known]) => {
      const said = known.map(({ id, type, occurred_at: occurredAt, data }) => ({
        id,
        type,
        occurredAt,
        data,
      }));
      return [key, new OpportunityHistory(said as unknown as OpportunityEvent[])];
    }),
  );
}

export async function writeEvents(tx: PoolClient, events: readonly Event[]): Promise<void> {
  const rows = events.map(({ workspace, id, type, occurredAt, data }) => ({
    workspace,
    opportunity_id: data.opportunityId,
    event_id: id,
    type,
    occurred_at: occurredAt,
    data,
  }));
  await tx.query(
    `INSERT INTO touchline.opportunity_event
     SELECT * FROM json_populate_recordset(NULL::touchline.opportunity_event, $1) ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  );
}
