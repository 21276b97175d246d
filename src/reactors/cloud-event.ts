import type { RecordedEvent } from '../domain/events.js';
import type { NewRecord } from '../kafka/kafka.js';

/** Of every record in `touchline.events`. */
const CONTENT_TYPE = 'application/cloudevents+json; charset=utf-8';

/**
 * A committed event as a record: a CloudEvent 1.0 in its structured form. `source` and `id` name it for ever, `position`
 * says where it is in the log. The key is the stream with its workspace, so that a stream stays in order.
 */
export function cloudEventRecord(event: RecordedEvent): NewRecord {
  const { id, workspace, stream, position } = event;
  return {
    key: `${workspace}/${stream}`,
    value: JSON.stringify(cloudEvent(event)),
    headers: { 'content-type': CONTENT_TYPE, 'event-id': id, position: String(position) },
  };
}

/** Names of extensions are lower case, as CloudEvents wants them; what is undefined JSON leaves out. */
const cloudEvent = (event: RecordedEvent): object => ({
  specversion: '1.0',
  id: event.id,
  source: `/workspaces/${event.workspace}`,
  type: `touchline.${event.type}`,
  subject: event.stream,
  time: event.occurredAt.toISOString(),
  position: String(event.position),
  streamversion: event.version,
  schemaversion: event.schemaVersion,
  recordedtime: event.recordedAt.toISOString(),
  collector: event.collector,
  correlationid: event.correlationId,
  causationid: event.causationId,
  data: event.data,
});
