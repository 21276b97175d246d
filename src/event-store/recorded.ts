import type { QueryArrayConfig } from 'pg';
import type { RecordedEvent } from '../domain/events.js';

/** In the order that `recordedEvent` counts on. Instants are asked for as seconds: nothing is faster to parse. */
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

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A row of EVENT_COLUMNS, all as text. Projections read most of what is in the log in this way: taking the row apart by its
 * places leaves a third of the garbage that destructuring leaves.
 */
export function recordedEvent(row: EventRow): RecordedEvent {
  const event: Writable<RecordedEvent> = {
    position: BigInt(row[0] ?? 0),
    workspace: row[1] ?? '',
    stream: row[2] ?? '',
    id: row[4] ?? '',
    type: (row[5] ?? '') as never,
    schemaVersion: Number(row[6]),
    occurredAt: instant(row[7]),
    recordedAt: instant(row[8]),
    data: JSON.parse(row[12] ?? 'null') as never,
  };
  if (row[3] != null) event.version = Number(row[3]);
  if (row[9] != null) event.collector = row[9];
  if (row[10] != null) event.correlationId = row[10];
  if (row[11] != null) event.causationId = row[11];
  return event;
}

const instant = (seconds: string | null | undefined): Date => new Date(Math.round(Number(seconds) * 1_000));

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
