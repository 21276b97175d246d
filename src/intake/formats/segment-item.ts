import type { JsonObject } from '../format.js';
import { optionalId, MESSAGE_ID_LENGTH } from '../identities.js';
import type { Reading } from '../reading.js';
import { checker } from '../schema.js';

export const SEGMENT_CALLS = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
export type SegmentCall = (typeof SEGMENT_CALLS)[number];
/** Calls whose body is a list of events. */
export const SEGMENT_LIST_CALLS: ReadonlySet<string> = new Set(['batch', 'import']);

/** An item after `checkSegmentItem`. */
export interface SegmentItem extends JsonObject {
  readonly type: SegmentCall;
  readonly messageId?: string | number | null;
  readonly event?: string | number | null;
  readonly name?: string | null;
  readonly properties?: JsonObject | null;
  readonly traits?: JsonObject | null;
  readonly context?: JsonObject | null;
}

const object = { type: ['object', 'null'] };
export const checkSegmentItem = checker({
  type: 'object',
  required: ['type'],
  properties: {
    type: { enum: SEGMENT_CALLS },
    messageId: { type: ['string', 'number', 'null'], maxLength: MESSAGE_ID_LENGTH },
    event: { type: ['string', 'number', 'null'] },
    name: { type: ['string', 'number', 'null'] },
    properties: object,
    traits: object,
    context: object,
  },
});

/** The company a client names for every call (`context.groupId`). */
export function accountOf(context: JsonObject, reading: Reading): string | undefined {
  return optionalId(context.groupId, 'context.groupId', reading);
}
