import type pg from 'pg';
import { eventId } from '../src/domain/event-id.js';
import { replay, type DomainEvent } from '../src/domain/decider.js';
import type { NewEvent, RecordedEvent } from '../src/domain/events.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import { opportunity, type Opportunity } from '../src/domain/opportunity.js';
import { open, type OpenOpportunity } from '../src/domain/opportunity-opening.js';
import { update, type UpdateOpportunity } from '../src/domain/opportunity-update.js';
import type { Touchpoint } from '../src/domain/touchpoint.js';
import { attribution } from '../src/projections/attribution.js';
import { journey } from '../src/projections/journey.js';
import { opportunities } from '../src/projections/opportunities.js';
import type { Projection } from '../src/subscriptions/subscription.js';
import { inTransaction, readableLog } from './project.js';

/** An event with its stream, not yet at a position. */
export interface Entry {
  readonly stream: string;
  readonly event: NewEvent;
}

/** So many days into 2026; fractions are times of day. */
export const day = (number: number): Date => new Date(Date.UTC(2026, 0, 1) + Math.round(number * 86_400_000));

/** A page view; its id is derived from the name. */
export function pageView(
  name: string,
  at: number,
  identity: readonly IdentityKey[],
  more: Partial<Touchpoint> = {},
): Entry {
  const occurredAt = day(at);
  const data: Touchpoint = {
    kind: 'page_view',
    channel: 'organic_search',
    content: { id: `content-${name}` },
    verdict: 'human',
    ...more,
    identity,
  };
  return {
    stream: `touchpoints-${identity[0]}`,
    event: { id: idOf(name), type: 'TouchpointRecorded', schemaVersion: 1, occurredAt, data },
  };
}

export function entry<T extends NewEvent['type']>(
  name: string,
  stream: string,
  type: T,
  at: number,
  data: NewEvent<T>['data'],
): Entry {
  const occurredAt = day(at);
  return {
    stream,
    event: {
      id: idOf(type === 'JourneyModelPublished' ? nameOfModel(name, data) : name),
      type,
      schemaVersion: 1,
      occurredAt,
      data,
    } as NewEvent,
  };
}

const idOf = (name: string): string => eventId('main', 'test', name);

/** A process keeps compiled models by the ids of their events: another document needs another id, in another test file too. */
export const nameOfModel = (name: string, data: object): string => `${name} ${JSON.stringify(data)}`;

/** Ids of commands rise with the time of their recording. */
export const increasingId = (id: string, index: number): string =>
  `${String(index).padStart(8, '0')}${id.slice(8)}`;

type Step = Partial<UpdateOpportunity> | Partial<OpenOpportunity>;

/** The events of an opportunity: how it is opened, then what is said of it; `now` of each step is its own. */
export function opportunityEvents(
  opportunityId: string,
  opening: Partial<OpenOpportunity>,
  ...steps: Step[]
): Entry[] {
  let state: Opportunity = opportunity.initial;
  const decided: DomainEvent[] = [];
  const take = (events: ReturnType<typeof open>): void => {
    decided.push(...events);
    state = replay(opportunity, events, state);
  };
  take(open({ opportunityId, currency: 'USD', contacts: [], now: day(300), ...opening }, state));
  for (const step of steps) take(update({ opportunityId, contacts: [], now: day(300), ...step }, state));
  return decided.map((event, index) => ({
    stream: `opportunity-${opportunityId}`,
    event: {
      ...event,
      id: increasingId(idOf(`${opportunityId} ${index}`), index),
      schemaVersion: 1,
    },
  }));
}

/** The log of entries in this order. */
export function logOf(entries: readonly Entry[], workspace = 'main'): RecordedEvent[] {
  const versions = new Map<string, number>();
  return entries.map(({ stream, event }, index) => {
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    const at = { workspace, stream, version, position: BigInt(index + 1), recordedAt: day(301) };
    return { ...event, ...at };
  });
}

const CHAIN = [journey, opportunities, attribution];

/**
 * Applies a log to the read models in batches of `size`, all side by side.
 *
 * @param head where the log ends that batches before it are behind
 * @param from how much of the log was applied before
 */
export async function project(
  pool: pg.Pool,
  log: readonly RecordedEvent[],
  size = 5_000,
  head = 0,
  from = 0,
): Promise<void> {
  for (let after = from; after < log.length; after += size) {
    for (const projection of CHAIN) await applyPart(pool, projection, log, [after, after + size], head);
  }
}

/** Rebuilds the credits while all that they are made from is at the end of the log already. */
export async function rebuildCredits(
  pool: pg.Pool,
  log: readonly RecordedEvent[],
  size: number,
): Promise<void> {
  await pool.query(attribution.tables.map((table) => `DELETE FROM ${table}`).join('; '));
  for (let after = 0; after < log.length; after += size)
    await applyPart(pool, attribution, log, [after, after + size]);
}

async function applyPart(
  pool: pg.Pool,
  projection: Projection,
  log: readonly RecordedEvent[],
  [after, end]: readonly [number, number],
  head = 0,
): Promise<void> {
  const part = log.slice(after, end);
  const batch = part.filter(({ type }) => projection.handles.includes(type));
  const upTo = BigInt(after + part.length);
  const range = { after: BigInt(after), upTo, behind: end < head, log: readableLog(log) };
  await inTransaction(pool, (tx) => projection.apply(batch, tx, range));
}

/** Forgets everything the chain wrote. */
export const deleteReadModels = (pool: pg.Pool): Promise<unknown> =>
  pool.query(CHAIN.flatMap(({ tables }) => tables.map((table) => `DELETE FROM ${table}`)).join('; '));

/** Roles for `contacts`, by e-mail. */
export const roles = (...emails: string[]) =>
  emails.map((email) => ({ keys: [`email:${email}` as IdentityKey], role: 'decision_maker' }));
