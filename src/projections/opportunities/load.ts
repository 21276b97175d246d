import type { PoolClient } from 'pg';
import type { EventType, RecordedEvent } from '../../domain/events.js';
import { OpportunityHistory } from '../../domain/opportunity-history.js';
import type { OpportunityEvent } from '../../domain/opportunity.js';
import { lookUp } from '../../read-models/lookup.js';
import type { Readable } from '../../read-models/table.js';
import { standsNow, storedVersion, type Version } from '../../read-models/versioned-table.js';
import { OPPORTUNITY_EVENT } from './rows.js';

type Event = RecordedEvent<Extract<EventType, OpportunityEvent['type']>>;

/** Rows of the opportunities of a batch. */
function load<R>(
  tx: PoolClient,
  table: Readable<R>,
  events: readonly Event[],
  condition?: string,
): Promise<R[]> {
  const keys = new Map(
    events.map(({ workspace, data: { opportunityId: value } }) => [
      `${workspace}\0${value}`,
      { workspace, value },
    ]),
  );
  return lookUp(tx, table, ['opportunity_id', 'text[]'], [...keys.values()], condition);
}

export async function currentRows<R extends object>(
  tx: PoolClient,
  table: Readable<R>,
  events: readonly Event[],
): Promise<(R & Pick<Version, 'stored'>)[]> {
  return (await load(tx, table, events, standsNow('t'))).map(storedVersion);
}

/** What is known of the opportunities of a batch before it, by workspace and id joined by NUL. */
export async function loadHistories(
  tx: PoolClient,
  events: readonly Event[],
): Promise<Map<string, OpportunityHistory>> {
  const known = await load(tx, OPPORTUNITY_EVENT, events);
  const groups = Map.groupBy(known, ({ workspace, opportunityId }) => `${workspace}\0${opportunityId}`);
  return new Map(
    [...groups].map(([key, said]) => {
      const happened = said.map(({ eventId: id, type, occurredAt, data }) => ({
        ...{ id, type, data },
        occurredAt: new Date(occurredAt),
      }));
      return [key, new OpportunityHistory(happened as unknown as OpportunityEvent[])];
    }),
  );
}
