import type { JsonObject } from '../../json.js';
import { ID_LENGTH, MESSAGE_ID_LENGTH, optionalId } from '../../identities.js';
import type { Reading } from '../../reading.js';
import { advisory, anyOf, checker, nullableObject, oneOf, ref, type Static, Type } from '../../schema.js';

export const SEGMENT_CALLS = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
export type SegmentCall = (typeof SEGMENT_CALLS)[number];

const time = (description: string) => advisory(Type.String({ description, format: 'date-time' }));
const id = (description: string) =>
  advisory(anyOf(['string', 'integer'], { description, maxLength: ID_LENGTH }));

const OF_EVENTS = {
  additionalProperties: true,
  description: 'An event of Segment’s spec; userId or anonymousId is required',
};

/** An event; the call's name stands in its `type`, in a batch as in a request of its own. */
export const eventSchema = Type.Object(
  {
    type: oneOf(SEGMENT_CALLS, 'In a batch'),
    messageId: Type.Optional(
      anyOf<string | number | null>(['string', 'number', 'null'], {
        description: 'The same for every try; without it one is made from the content',
        maxLength: MESSAGE_ID_LENGTH,
      }),
    ),
    timestamp: Type.Optional(time('When it happened; corrected where sentAt shows that the clock is wrong')),
    originalTimestamp: Type.Optional(time('When it happened by the client’s clock, put right by sentAt')),
    userId: Type.Optional(id('Of a user')),
    anonymousId: Type.Optional(id('Of a browser or device')),
    event: Type.Optional(
      anyOf<string | number | null>(['string', 'number', 'null'], { description: 'Of a track call' }),
    ),
    name: Type.Optional(
      anyOf<string | number | null>(['string', 'number', 'null'], {
        description: 'Of page and screen calls',
      }),
    ),
    properties: Type.Optional(nullableObject('Of track, page and screen calls')),
    traits: Type.Optional(nullableObject('Of identify and group calls')),
    context: Type.Optional(nullableObject('As Segment’s clients fill it')),
  },
  OF_EVENTS,
);

/** The same as clients send it: a call of its own names its type by its path. */
export const sentEventSchema = Type.Partial(eventSchema, OF_EVENTS);

export const batchSchema = Type.Object({
  batch: Type.Array(ref('SegmentEvent')),
  context: Type.Optional(nullableObject('Of all events of the batch')),
  integrations: Type.Optional(nullableObject('Kept, not used')),
  sentAt: Type.Optional(time('The client’s clock')),
  writeKey: Type.Optional(Type.String({ description: 'Where it is not sent beside the body' })),
});

/** An item after `checkSegmentItem`. */
export type SegmentItem = Readonly<Static<typeof eventSchema>> & JsonObject;

export const checkSegmentItem = checker(eventSchema);

/** The company a client names for every call (`context.groupId`). */
export function accountOf(context: JsonObject, reading: Reading): string | undefined {
  return optionalId(context.groupId, 'context.groupId', reading);
}
