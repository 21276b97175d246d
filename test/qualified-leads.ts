import type { EventData, NewEvent } from '../src/domain/events.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import { leadStream } from '../src/domain/lead-events.js';
import type { LeadDecisionType } from '../src/domain/lead-lifecycle.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { TEST_MODEL } from './journey-models.js';
import { newEventId } from '../src/event-store/handle.js';

/** Buyers are ready once they asked for a demo, others by a form and a score. */
export const READY_MODEL: JourneyModel = {
  ...TEST_MODEL,
  name: 'ready',
  leadDefinitions: [
    { persona: 'buyer', minScore: 30, minStage: 'buy' },
    { minScore: 10, triggers: [{ trigger: 'form', withinDays: 30 }] },
  ],
};

const HOUR = 3_600_000;

/** Appends to workspace `main`; times are relative to now. */
export class LeadLog {
  constructor(private readonly store: EventStore) {}

  /** @param atOnce leads and touchpoints that are recomputed with the event; more are in slices */
  async publish(document: JourneyModel, atOnce?: number): Promise<void> {
    const all = await this.store.readStream('main', 'model');
    await this.store.append([
      {
        ...{ workspace: 'main', stream: 'model', expected: { exact: all.length } },
        events: [newEvent('JourneyModelPublished', { document, ...(atOnce !== undefined && { atOnce }) })],
      },
    ]);
  }

  /** @param hoursAgo when it happened */
  async touch(
    who: readonly IdentityKey[],
    kind: EventData['TouchpointRecorded']['kind'],
    { hoursAgo = 0, ...rest }: { readonly hoursAgo?: number } & Partial<EventData['TouchpointRecorded']> = {},
  ): Promise<void> {
    const data = { kind, channel: 'direct' as const, identity: who, verdict: 'human' as const, ...rest };
    await this.record(newEvent('TouchpointRecorded', data, hoursAgo));
  }

  async consent(who: IdentityKey, status: 'subscribed' | 'unsubscribed'): Promise<void> {
    const reason = status === 'subscribed' ? 'subscribe' : 'unsubscribe';
    await this.record(newEvent('ConsentChanged', { identity: [who], channel: 'email', status, reason }));
  }

  async decide<T extends LeadDecisionType>(type: T, data: EventData[T]): Promise<void> {
    const stream = leadStream(data.leadId);
    const before = await this.store.readStream('main', stream);
    const [result] = await this.store.append([
      { workspace: 'main', stream, expected: { exact: before.length }, events: [newEvent(type, data)] },
    ]);
    if (result?.status !== 'appended') throw new Error(`${type} was not appended`);
  }

  async record(event: NewEvent): Promise<void> {
    await this.store.record([{ workspace: 'main', stream: 'any', event }]);
  }
}

const newEvent = <T extends keyof EventData>(type: T, data: EventData[T], hoursAgo = 0): NewEvent =>
  ({
    id: newEventId(),
    type,
    schemaVersion: 1,
    occurredAt: new Date(Date.now() - hoursAgo * HOUR),
    data,
  }) as NewEvent;
