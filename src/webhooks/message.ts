import { eventId } from '../domain/event-id.js';
import { type EventType, isEvent, type Position, type RecordedEvent } from '../domain/events.js';
import { HANDOFF_CLOCK_FACTS } from '../domain/handoff-events.js';
import { LEAD_DECISIONS } from '../domain/lead-events.js';

/** What a webhook can be told, by the event that says it. Names and bodies are public. */
const TYPE_OF_EVENT = {
  LeadQualified: 'lead.qualified',
  LeadHandedOff: 'lead.handed_off',
  LeadAccepted: 'lead.accepted',
  LeadRecycled: 'lead.recycled',
  LeadDisqualified: 'lead.disqualified',
  LeadAboutToRot: 'lead.about_to_rot',
  LeadRotten: 'lead.rotten',
} as const satisfies Partial<Record<EventType, string>>;

/** The events that become messages. */
export const MESSAGE_EVENTS = [...LEAD_DECISIONS, ...HANDOFF_CLOCK_FACTS] as const;

const SEGMENT_TYPES = ['segment.entered', 'segment.left'] as const;
export type SegmentMessageType = (typeof SEGMENT_TYPES)[number];

export const MESSAGE_TYPES = [...Object.values(TYPE_OF_EVENT), ...SEGMENT_TYPES] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** Something that happened to a lead, to be told to every endpoint that wants to know. */
export interface WebhookMessage {
  readonly workspace: string;
  readonly type: MessageType;
  readonly eventId: string;
  readonly position: Position;
  readonly leadId: string;
  readonly occurredAt: Date;
  /** What the body has in `data` beside lead, event and position. */
  readonly details: object;
}

/** What an event tells; undefined: nothing. */
export function messageOf(event: RecordedEvent): WebhookMessage | undefined {
  if (!isEvent(event, ...MESSAGE_EVENTS)) return undefined;
  const { workspace, id, position, occurredAt, data, type } = event;
  // Hours, holidays and absences of a recipient are for reports: whoever acts on the message has the deadline.
  const { leadId, workSchedule: _, ...details } = { workSchedule: undefined, ...data };
  return { workspace, type: TYPE_OF_EVENT[type], eventId: id, position, leadId, occurredAt, details };
}

/** A change of membership in a segment, known by the event that caused it. */
export interface SegmentChange {
  readonly workspace: string;
  readonly type: SegmentMessageType;
  /** Unique to this lead, segment and change. */
  readonly eventId: string;
  readonly position: Position;
  readonly leadId: string;
  readonly occurredAt: Date;
  readonly segment: string;
  readonly modelVersion: number;
}

export const segmentMessage = ({ segment, modelVersion, ...change }: SegmentChange): WebhookMessage => ({
  ...change,
  details: { segment, modelVersion },
});

/** The body that is signed and sent, the same bytes at every attempt. */
export const bodyOf = ({
  type,
  occurredAt,
  leadId,
  eventId: id,
  position,
  details,
}: WebhookMessage): string =>
  JSON.stringify({
    type,
    timestamp: occurredAt.toISOString(),
    data: { leadId, eventId: id, position: String(position), ...details },
  });

/** `webhook-id`: derived from endpoint and event, so that whatever is sent again has the id that it had. */
export const messageId = (endpoint: string, { workspace, eventId: id, type }: WebhookMessage): string =>
  `msg_${eventId(workspace, `webhook:${endpoint}`, id, type)}`;
