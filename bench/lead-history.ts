import type { WorkSchedule } from '../src/domain/business-hours.js';
import type { EventData, EventType } from '../src/domain/events.js';
import { type IdentityKey, leadIdOf } from '../src/domain/identity/keys.js';
import { leadStream } from '../src/domain/lead-events.js';
import { WEEKDAYS } from '../src/domain/model/lead-management.js';
import type { NewFact } from '../src/event-store/event-store.js';
import { one } from './history-events.js';
import { hashOf } from './sales-history.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How many there are. */
export const RECIPIENTS = 40;

/** What hand-offs of a year keep of the office hours of a few places, as holidays pass. */
const scheduleOf = (nr: number): WorkSchedule => ({
  timeZone: ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata'][nr % 3] ?? 'UTC',
  hours: {
    id: 'office',
    week: Object.fromEntries(WEEKDAYS.slice(0, 5).map((day) => [day, [{ from: '09:00', to: '17:30' }]])),
    holidays: Array.from({ length: nr % 12 }, (_, month) => ({
      date: `2026-${String(month + 1).padStart(2, '0')}-01`,
    })),
  },
  ...(nr >= 30 && { outOfOffice: [{ from: '2026-08-03', to: `2026-08-${10 + (nr % 18)}` }] }),
});

/** Of the model that `metrics` publishes. */
const MODEL_VERSION = 2;

/**
 * The history, in which the process takes leads as it would have taken them: reactors begin at the head of the log and do not decide
 * about what lies before. Of those who named themselves twice, or once and never buy, nine of ten are qualified and handed off. Four of
 * five of these are called, three are accepted; every tenth is recycled and comes back a week later, some are disqualified. What
 * follows a touchpoint within some days is next to it in the log, ahead of others' touchpoints, but in the order of time of its lead.
 */
export function* leadHistory(events: Iterable<NewFact>): Generator<NewFact> {
  const named = new Map<IdentityKey, number>();
  for (const fact of events) {
    yield fact;
    const { event } = fact;
    if (event.type !== 'TouchpointRecorded' || event.data.identity.length < 2) continue;
    const [key] = event.data.identity;
    if (!key) continue;
    const times = (named.get(key) ?? 0) + 1;
    named.set(key, times);
    if (times === (key.startsWith('email:buyer') ? 2 : 1)) yield* qualified(key, event.occurredAt);
  }
}

function* qualified(key: IdentityKey, at: Date): Generator<NewFact> {
  // Of other digits than what chooses the recipient.
  const hash = Math.floor(hashOf(key) / RECIPIENTS);
  if (hash % 10 === 0) return;
  yield* handedOff(key, 1, at);
  if (hash % 5 < 4) yield call(key, new Date(+at + (1 + (hash % 12)) * HOUR_MS));
  const outcome = hash % 20;
  if (outcome > 4) yield decision(key, 1, 'LeadAccepted', new Date(+at + DAY_MS), { by: repOf(key, 1) });
  if (outcome === 1)
    yield decision(key, 1, 'LeadDisqualified', new Date(+at + 3 * DAY_MS), { reason: 'no budget' });
  if (outcome !== 5 && outcome !== 9) return;
  yield decision(key, 1, 'LeadRecycled', new Date(+at + 5 * DAY_MS), { reason: 'not now' });
  yield* handedOff(key, 2, new Date(+at + 12 * DAY_MS));
}

function* handedOff(key: IdentityKey, cycle: number, at: Date): Generator<NewFact> {
  const about = { modelVersion: MODEL_VERSION };
  yield decision(key, cycle, 'LeadQualified', at, {
    ...{ ...about, score: 12 + (hashOf(key) % 30), grade: 'B', reasons: [] },
  });
  yield decision(key, cycle, 'LeadHandedOff', new Date(+at + 1_000), {
    ...{ ...about, recipient: { id: repOf(key, cycle), kind: 'rep' }, rule: 'all', serviceLevel: 'all' },
    dueBy: new Date(+at + 8 * HOUR_MS).toISOString(),
    warnAt: new Date(+at + 7 * HOUR_MS).toISOString(),
    workSchedule: scheduleOf(hashOf(key) % 60),
  });
}

const repOf = (key: IdentityKey, cycle: number): string => `rep-${(hashOf(key) + cycle) % RECIPIENTS}`;

function call(key: IdentityKey, at: Date): NewFact {
  const data = { kind: 'sales_call', channel: 'sales', identity: [key], rep: repOf(key, 1) } as const;
  return one(`touchpoints-${key}`, 'TouchpointRecorded', `call ${key}`, at, {
    ...{ ...data, properties: {}, verdict: 'human' },
  });
}

type Decision = Extract<
  EventType,
  'LeadQualified' | 'LeadHandedOff' | 'LeadAccepted' | 'LeadRecycled' | 'LeadDisqualified'
>;

function decision<T extends Decision>(
  key: IdentityKey,
  cycle: number,
  type: T,
  at: Date,
  data: Omit<EventData[T], 'leadId' | 'cycle'>,
): NewFact {
  const leadId = leadIdOf('main', key);
  return one(leadStream(leadId), type, `${type} ${key} ${cycle}`, at, {
    ...data,
    leadId,
    cycle,
  } as EventData[T]);
}
