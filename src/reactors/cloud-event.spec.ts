import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { checker } from '../intake/schema.js';
import type { RecordedEvent } from '../domain/events.js';
import { MESSAGE_EVENTS, messageOf } from '../webhooks/message.js';
import { MESSAGE_SCHEMAS } from '../webhooks/message-schemas.js';
import { DATA } from '../webhooks/webhooks.examples.js';
import { cloudEventRecord, segmentChangeRecord } from './cloud-event.js';

const page = await readFile(new URL('../../docs/how-to/kafka.md', import.meta.url), 'utf8');
const LEAD = '7d8c9a52-6f0e-8b1d-9e3a-2f4b5c6d7e8f';

/** As a message of a webhook would have it: where its schema is documented. */
function expectDocumented(record: { readonly value: unknown }, type: string, id: string): void {
  const { data, type: name } = JSON.parse(String(record.value)) as { data: object; type: string };
  const message = {
    type,
    timestamp: '2026-03-02T09:00:00.000Z',
    data: { ...data, eventId: id, position: '7' },
  };
  expect(checker(MESSAGE_SCHEMAS[type]!.schema)(message)).toBeUndefined();
  expect(page).toContain(`\`${name}\``);
}

test.each(MESSAGE_EVENTS)(
  '%s is published under the key of its lead, as its webhook is documented',
  (type) => {
    const event = {
      ...{ workspace: 'main', stream: 'handoff-or-lead', id: 'e-1', position: 7n, type, schemaVersion: 1 },
      ...{ occurredAt: new Date(0), recordedAt: new Date(0), data: { leadId: LEAD } },
    } as unknown as RecordedEvent;
    const message = messageOf(event)!;
    const { eventId, position, ...data } = DATA[message.type] as { eventId: string; position: string };
    expect([typeof eventId, typeof position]).toEqual(['string', 'string']);
    const stream = type === 'LeadAboutToRot' || type === 'LeadRotten' ? `handoff-${LEAD}` : `lead-${LEAD}`;
    const record = cloudEventRecord({ ...event, stream, data: { ...data, leadId: LEAD } } as RecordedEvent);
    expect(record.key).toBe(`main/lead-${LEAD}`);
    expectDocumented(record, message.type, event.id);
  },
);

test.each(['segment.entered', 'segment.left'] as const)(
  '%s is published under the key of its lead, as its webhook is documented',
  (type) => {
    const record = segmentChangeRecord({
      ...{ workspace: 'main', type, eventId: 'e-1', position: 7n, leadId: LEAD, occurredAt: new Date(0) },
      ...{ segment: 's', modelVersion: 1 },
    });
    expect(record.key).toBe(`main/lead-${LEAD}`);
    expectDocumented(record, type, 'e-1');
  },
);
