import { isEvent, type RecordedEvent } from '../domain/events.js';
import { HANDOFF_CLOCK_FACTS } from '../domain/handoff-events.js';
import { leadStream } from '../domain/lead-events.js';
import type { NewRecord } from '../kafka/kafka.js';
import type { SegmentChange } from '../webhooks/message.js';

/** Of every record in `touchline.events`. */
const CONTENT_TYPE = 'application/cloudevents+json; charset=utf-8';

/**
 * A committed event as a record: a CloudEvent 1.0 in its structured form. `source` and `id` name it for ever, `position`
 * says where it is in the log. The key is the stream with its workspace, so that a stream stays in order.
 */
export const cloudEventRecord = (event: RecordedEvent): NewRecord =>
  recordOf(event.workspace, keyStream(event), cloudEvent(event));

/** What becomes of a hand-off is in order with what was decided on its lead. */
const keyStream = (event: RecordedEvent): string =>
  isEvent(event, ...HANDOFF_CLOCK_FACTS) ? leadStream(event.data.leadId) : event.stream;

/** Names of extensions are lower case, as CloudEvents wants them; what is undefined JSON leaves out. */
const cloudEvent = (event: RecordedEvent): CloudEvent => ({
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

const TYPE_OF_CHANGE: Readonly<Record<SegmentChange['type'], string>> = {
  'segment.entered': 'touchline.SegmentEntered',
  'segment.left': 'touchline.SegmentLeft',
};

/**
 * That a lead entered or left a segment, as a record of the same form. It is derived from events and none of the log, so it has no
 * `position`, by which events are told from their repetitions, but says from where it is known. The key is that of the decisions on
 * the lead.
 */
export function segmentChangeRecord(change: SegmentChange): NewRecord {
  const { workspace, eventId: id, leadId, segment, modelVersion } = change;
  return recordOf(workspace, leadStream(leadId), {
    specversion: '1.0',
    id,
    source: `/workspaces/${workspace}`,
    type: TYPE_OF_CHANGE[change.type],
    subject: leadStream(leadId),
    time: change.occurredAt.toISOString(),
    knownfrom: String(change.position),
    schemaversion: 1,
    data: { leadId, segment, modelVersion },
  });
}

interface CloudEvent {
  readonly id: string;
  readonly position?: string;
  readonly [attribute: string]: unknown;
}

const recordOf = (workspace: string, stream: string, event: CloudEvent): NewRecord => ({
  key: `${workspace}/${stream}`,
  value: JSON.stringify(event),
  headers: {
    'content-type': CONTENT_TYPE,
    'event-id': event.id,
    ...(event.position !== undefined && { position: event.position }),
  },
});
