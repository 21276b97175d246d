import { expect, test } from '@jest/globals';
import { checker } from '../intake/schema.js';
import { MESSAGE_TYPES, messageId, type SegmentChange, segmentMessage } from './message.js';
import { MESSAGE_SCHEMAS } from './message-schemas.js';
import { DATA } from './webhooks.examples.js';

test.each(MESSAGE_TYPES)('the example of %s in the OpenAPI document matches its schema', (type) => {
  const { schema } = MESSAGE_SCHEMAS[type]!;
  const message = { type, timestamp: '2026-03-02T09:00:00.000Z', data: DATA[type] };
  expect(checker(schema)(message)).toBeUndefined();
  expect(checker(schema)({ ...message, data: {} })).toBeDefined();
});

test('the id of a message depends on endpoint, workspace and event, and on nothing else', () => {
  const change: SegmentChange = {
    ...{ workspace: 'main', type: 'segment.entered', eventId: 'e-1', position: 7n, leadId: 'l-1' },
    ...{ occurredAt: new Date(0), segment: 's', modelVersion: 1 },
  };
  const message = segmentMessage(change);
  const id = messageId('wh_1', message);
  expect(
    messageId('wh_1', segmentMessage({ ...change, position: 8n, segment: 't', occurredAt: new Date() })),
  ).toBe(id);
  const others: Partial<SegmentChange>[] = [
    { eventId: 'e-2' },
    { workspace: 'other' },
    { type: 'segment.left' },
  ];
  const ids = others.map((other) => messageId('wh_1', segmentMessage({ ...change, ...other })));
  expect(new Set([id, messageId('wh_2', message), ...ids]).size).toBe(5);
  expect(id).toMatch(/^msg_[0-9a-f-]{36}$/);
});
