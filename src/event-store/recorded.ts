import type { QueryArrayConfig } from 'pg';
import type { NewEvent, RecordedEvent } from '../domain/events.js';

/** In the order of `recordedEvent`. Instants are asked for as seconds: nothing is faster to parse. */
export const EVENT_COLUMNS = [
  'position',
  'workspace',
  'stream',
  'version',
  'id',
  'type',
  'schema_version',
  "date_part('epoch', occurred_at) AS occurred_at",
  "date_part('epoch', recorded_at) AS recorded_at",
  'collector',
  'correlation_id',
  'causation_id',
  'data',
];

export type EventRow = readonly (string | null)[];

/** A row of EVENT_COLUMNS, all as text. */
export function recordedEvent(row: EventRow): RecordedEvent {
  const [position, workspace, stream, , id, type, schemaVersion, occurredAt, recordedAt] = row as string[];
  const [, , , version, , , , , , collector, correlationId, causationId, data] = row;
  return {
    position: BigInt(position ?? 0),
    workspace: workspace ?? '',
    stream: stream ?? '',
    id: id ?? '',
    type: type as NewEvent['type'],
    schemaVersion: Number(schemaVersion),
    occurredAt: new Date(Math.round(Number(occurredAt) * 1_000)),
    recordedAt: new Date(Math.round(Number(recordedAt) * 1_000)),
    ...(version != null && { version: Number(version) }),
    ...(collector != null && { collector }),
    ...(correlationId != null && { correlationId }),
    ...(causationId != null && { causationId }),
    data: JSON.parse(data ?? 'null') as never,
  };
}

const asText = { getTypeParser: () => (text: string) => text } as unknown as NonNullable<
  QueryArrayConfig['types']
>;

/** A prepared query whose rows come as arrays of texts. */
export const textRows = (
  name: string,
  text: string,
  values: unknown[],
): QueryArrayConfig & { rowMode: 'array' } => ({
  name,
  text,
  values,
  rowMode: 'array',
  types: asText,
});
