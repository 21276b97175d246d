import { eventId } from '../src/domain/event-id.js';
import type { NewEvent } from '../src/domain/events.js';
import { identityKey } from '../src/domain/identity/keys.js';
import type { Append, Expected, NewFact } from '../src/event-store/event-store.js';

/** A touchpoint for tests of the log; the same name makes the same id. */
export function touch(
  name: string,
  more: Partial<NewEvent<'TouchpointRecorded'>> = {},
): NewEvent<'TouchpointRecorded'> {
  return {
    id: eventId('main', 'web', name),
    type: 'TouchpointRecorded',
    schemaVersion: 1,
    occurredAt: new Date('2026-03-01T09:30:00.123Z'),
    data: {
      kind: 'page_view',
      channel: 'direct',
      identity: [identityKey('anonymous', 'a-1')],
      verdict: 'human',
      properties: { name },
    },
    ...more,
  };
}

/** Touchpoints of one stream, as a collector records them. */
export const facts = (stream: string, names: readonly string[], workspace = 'main'): NewFact[] =>
  names.map((name) => ({ workspace, stream, event: touch(name) }));

/** An append to one stream of workspace `main`, with touchpoints in place of decisions. */
export const appendRequest = (
  stream: string,
  names: readonly string[],
  expected: Expected = 'noStream',
  workspace = 'main',
): Append => ({
  workspace,
  stream,
  expected,
  events: names.map((name) => touch(name)),
});
