import type { PoolClient } from 'pg';
import { setImmediate as immediate } from 'node:timers/promises';
import { isEvent, type Position, type RecordedEvent } from '../domain/events.js';
import type { IdentityKey } from '../domain/identity.js';
import { Accounts } from './journey/accounts.js';
import { AtHand, type Limits } from './journey/at-hand.js';
import { applyFact } from './journey/apply-fact.js';
import { factOf, isPersonal, keysOf } from './journey/facts.js';
import { ReadFailed } from './journey/gate.js';
import { groups, nodeOf, type Item, type Meeting } from './journey/groups.js';
import { Models } from './journey/models.js';
import { moveDays, refoldEverybody } from './journey/publication.js';
import { refreshProfile } from './journey/refresh-profile.js';
import { GroupsMet, type UnitOfWork } from './journey/unit-of-work.js';
import { WorkingSet } from './journey/working-set.js';
import { Writing } from './journey/writing.js';
import { keysOrNone } from '../subscriptions/dead-letters.js';
import {
  PoisonedEvent,
  type OrderingKey,
  type Projection,
  type Range,
} from '../subscriptions/subscription.js';

/**
 * Who is who, and what each lead's journey comes to: identity, profile, touchpoints, buying stage and score, as
 * versions by log position (0005-journey.sql, ADR 0007).
 */
export const journeyKeeping = (limits: Limits): Projection => ({
  name: 'journey',
  version: 5,
  handles: [
    'TouchpointRecorded',
    'IdentityClaimed',
    'IdentitiesMerged',
    'IdentitiesSplit',
    'AccountObserved',
    'ContactRoleAssigned',
    'JourneyModelPublished',
  ],
  after: [],
  tables: [
    'journey_model',
    'identity_key',
    'identity_link',
    'lead_profile',
    'account_membership',
    'journey',
    'stage_transition',
    'score_change',
    'account',
    'lead',
    'identity_state',
    'account_state',
    'identity_fact',
  ],
  apply: applier(new AtHand(limits)),
  orderingKeys,
});

export const journey = journeyKeeping({ leads: 2_000, keys: 10_000, touchpoints: 120_000 });

/** A model's publication concerns everybody, so it parts the batch; what lies between is applied side by side. */
function applier(atHand: AtHand): Projection['apply'] {
  return async (batch, tx, range) => {
    const kept = atHand.take(range);
    atHand.keep(range, await applyBatch(batch, tx, range, kept));
  };
}

/** @returns what can be kept for the batch after this one */
async function applyBatch(
  batch: readonly RecordedEvent[],
  tx: PoolClient,
  range: Range,
  kept: WorkingSet | undefined,
): Promise<WorkingSet | undefined> {
  let set = kept;
  const models = new Models(tx);
  await models.load([...new Set(batch.map(({ workspace }) => workspace))]);
  let part: RecordedEvent[] = [];
  for (const event of batch) {
    if (!isEvent(event, 'JourneyModelPublished')) {
      part.push(event);
      continue;
    }
    await applyPart(part, tx, range, models, set);
    part = [];
    set = undefined;
    const { timeZone } = models.of(event.workspace);
    await poisonedBy(
      event,
      () => [`workspace:${event.workspace}`],
      () => models.publish(event, positionOf(event, range)),
    );
    await refoldEverybody(tx, models, event.workspace, positionOf(event, range), isLate(event, range));
    await moveDays(tx, models, event.workspace, timeZone);
  }
  return applyPart(part, tx, range, models, set);
}

/**
 * From where on the log says so. An event that is applied late (it was parked, and healed) takes effect where the
 * projection stands: what was answered `asOf` an earlier position stays as it was.
 */
const positionOf = (event: RecordedEvent, range: Range): Position =>
  isLate(event, range) ? range.after : event.position;

/** What an event ends that is applied late may have begun at the very position where it takes effect. */
const isLate = ({ position }: RecordedEvent, range: Range): boolean => position <= range.after;

interface Work extends Item {
  readonly event: RecordedEvent;
  readonly position: Position;
}

/** Tries with groups that were found to meet joined, before all that is of one workspace is applied in a row. */
const ATTEMPTS = 4;

/**
 * Applies events in groups, side by side. Which leads an event reaches shows only while it is applied: when groups are
 * found to meet, what they did is undone and they are applied as one.
 */
async function applyPart(
  events: readonly RecordedEvent[],
  tx: PoolClient,
  range: Range,
  models: Models,
  kept: WorkingSet | undefined,
): Promise<WorkingSet | undefined> {
  if (events.length === 0) return kept;
  const meetings: Meeting[] = [];
  await tx.query('SAVEPOINT part');
  for (let attempt = 1; ; attempt += 1) {
    const accounts = new Accounts(tx);
    const work = { tx, models, accounts };
    const set = attempt === 1 && kept ? kept : new WorkingSet(work);
    set.next(work);
    const met = await attemptPart(events, set, range, attempt < ATTEMPTS ? meetings : 'all');
    if (met.length === 0) {
      await tx.query('RELEASE SAVEPOINT part');
      return set;
    }
    meetings.push(...met);
    await tx.query('ROLLBACK TO SAVEPOINT part');
  }
}

/** @returns which items of different groups reached the same lead; none: all are applied */
async function attemptPart(
  events: readonly RecordedEvent[],
  set: WorkingSet,
  range: Range,
  meetings: readonly Meeting[] | 'all',
): Promise<readonly Meeting[]> {
  const { accounts, tx } = set;
  const work = events.map((event) => workOf(event, range));
  const changes = await accounts.observe(
    work.flatMap(({ event, position }) => (isEvent(event, 'AccountObserved') ? [{ event, position }] : [])),
  );
  const domains = new Map(changes.map((change) => [change.position, change.domains]));
  await set.prefetch(work.flatMap(({ workspace, keys }) => keys.map((key) => ({ workspace, key }))));
  await set.prefetchDomains(
    changes.flatMap(({ workspace, domains: all }) => all.map((domain) => ({ workspace, domain }))),
  );
  const items = work
    .map((each) => ({ ...each, domains: domains.get(each.position) ?? [] }))
    .filter((each) => each.keys.length > 0 || each.domains.length > 0);
  const writing = new Writing(tx);
  const isHealing = events.some((event) => isLate(event, range));
  let met: readonly Meeting[];
  try {
    const divided = meetings === 'all' ? byWorkspace(items) : groups(set, items, meetings);
    met = await applyGroups(set, divided, () => writing.after(set.seal(isHealing)));
  } finally {
    // A write that failed is why the reads after it fail: it is thrown in their stead.
    await writing.done();
  }
  if (met.length === 0) await accounts.write(isHealing);
  return met;
}

const byWorkspace = (items: readonly Work[]): Work[][] => [
  ...Map.groupBy(items, ({ workspace }) => workspace).values(),
];

/** Events that are applied before the database is looked after again, and before what came of them is written. */
const AT_A_TIME = 100;
const A_WRITE = 500;

/**
 * Groups have no lead in common, so what came of some is written while the next are applied: half of the work is
 * PostgreSQL's, and would wait for ours. Once groups met nothing more is written, and the rest is applied only to find
 * out who else meets.
 */
async function applyGroups(
  set: WorkingSet,
  all: readonly (readonly Work[])[],
  write: () => Promise<void>,
): Promise<readonly Meeting[]> {
  const met: GroupsMet[] = [];
  let unwritten = 0;
  for (let next = 0; next < all.length;) {
    const some: Promise<void>[] = [];
    for (let events = 0; events < AT_A_TIME && next < all.length; next += 1) {
      const group = all[next] ?? [];
      // Units of work are numbered as the groups are.
      some.push(applyGroup(set.unitOfWork(), group));
      events += group.length;
      unwritten += group.length;
    }
    met.push(...(await meetingsOrFirstFault(some, met.length > 0)));
    if (unwritten < A_WRITE || met.length > 0) await immediate();
    else {
      await write();
      unwritten = 0;
    }
  }
  if (met.length === 0) await write();
  return met.flatMap(({ group, other }): Meeting[] => {
    const [one, two] = [all[group - set.firstGroup]?.[0], all[other - set.firstGroup]?.[0]];
    return one && two ? [[nodeOf(one), nodeOf(two)]] : [];
  });
}

function workOf(event: RecordedEvent, range: Range): Work {
  const keys = isPersonal(event) ? keysOf(event) : [];
  return { event, position: positionOf(event, range), workspace: event.workspace, keys, domains: [] };
}

async function applyGroup(uow: UnitOfWork, group: readonly Work[]): Promise<void> {
  for (const { event, position, keys, domains } of group) {
    if (isPersonal(event)) {
      await poisonedBy(
        event,
        () => [...keys, ...leadsOf(uow.all, event.workspace, keys)],
        () => applyFact(uow, factOf(event, position)),
      );
    } else {
      await poisonedBy(
        event,
        () => [],
        () => renameAccounts(uow, event.workspace, domains, position),
      );
    }
  }
}

/** An account was observed whose domain leads are known by: they belong to it from now on. */
async function renameAccounts(
  uow: UnitOfWork,
  workspace: string,
  domains: readonly string[],
  position: Position,
): Promise<void> {
  for (const domain of domains) {
    for (const lead of uow.leadsOf(workspace, domain)) await refreshProfile(uow, lead, position);
  }
}

async function poisonedBy(
  event: RecordedEvent,
  keys: () => readonly OrderingKey[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof ReadFailed || cause instanceof GroupsMet) throw cause;
    throw new PoisonedEvent(event, keys(), { cause });
  }
}

const leadsOf = (set: WorkingSet, workspace: string, keys: readonly IdentityKey[]): OrderingKey[] =>
  keys.flatMap((key): OrderingKey[] => {
    const { lead } = set.key(workspace, key);
    return lead ? [`lead:${lead.id}`] : [];
  });

/**
 * Waits for all groups, so that nobody uses the connection any more. What is wrong with an event shows in earnest only
 * while no groups have met.
 *
 * @throws what is wrong with the first event
 */
async function meetingsOrFirstFault(
  work: readonly Promise<void>[],
  haveMet: boolean,
): Promise<readonly GroupsMet[]> {
  const faults = (await Promise.allSettled(work)).flatMap((each) =>
    each.status === 'rejected' ? [each.reason as unknown] : [],
  );
  const failed = faults.find((fault) => fault instanceof ReadFailed);
  if (failed) throw failed.cause;
  const met = faults.filter((fault) => fault instanceof GroupsMet);
  if (faults.length === 0 || met.length > 0 || haveMet) return met;
  const poisoned = faults.filter((fault) => fault instanceof PoisonedEvent);
  if (poisoned.length === 0) throw faults[0];
  throw poisoned.reduce((a, b) => (b.event.position < a.event.position ? b : a));
}

/** The leads that the keys of events mean now. */
async function orderingKeys(
  events: readonly RecordedEvent[],
  tx: PoolClient,
): Promise<readonly (readonly OrderingKey[])[]> {
  const named = events.map((event) => (isPersonal(event) ? keysOrNone(() => keysOf(event)) : []));
  const pairs = events.flatMap(({ workspace }, at) => (named[at] ?? []).map((key) => ({ workspace, key })));
  const { rows } = await tx.query<{ workspace: string; key: string; lead_id: string }>(
    `SELECT workspace, key, lead_id FROM unnest($1::text[], $2::text[]) AS w (workspace, key)
       JOIN identity_state USING (workspace, key)`,
    [pairs.map(({ workspace }) => workspace), pairs.map(({ key }) => key)],
  );
  const leads = new Map(rows.map((row) => [`${row.workspace}\0${row.key}`, row.lead_id]));
  return events.map(({ workspace }, at) =>
    (named[at] ?? []).flatMap((key): OrderingKey[] => {
      const lead = leads.get(`${workspace}\0${key}`);
      return lead ? [`lead:${lead}`] : [];
    }),
  );
}
