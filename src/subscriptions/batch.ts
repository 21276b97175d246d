import type pg from 'pg';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Checkpoints, Lease } from './checkpoint.js';
import { idleTransactionTimeout } from './lease-timing.js';
import {
  type Failure,
  BlockedKeys,
  confine,
  type DeadLetter,
  splitBatch,
  insertDeadLetters,
  keysOf,
  markOvertaken,
  keysNamedIn,
} from './dead-letters.js';
import {
  PoisonedEvent,
  type Range,
  type ReactorContext,
  type Subscription,
  isReactor,
} from './subscription.js';
import { BatchFailed, inBatch } from './batch-transaction.js';

/** What the owner of a subscription carries from batch to batch. */
export interface LeasedState {
  readonly lease: Lease;
  readonly blocked: BlockedKeys;
  /** `Range.owner` of its batches. */
  readonly owner: object;
}

export interface BatchContext {
  readonly subscription: Subscription;
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly checkpoints: Checkpoints;
  readonly onDeadLetters: (added: readonly DeadLetter[]) => void;
}

/**
 * Applies a stretch of the log. When it fails for its data, the stretch is halved until the one event at fault is found;
 * that one becomes a dead letter, and the rest goes on.
 *
 * @throws Fenced somebody else owns the subscription
 * @throws BatchFailed `outage` or `schema`: nothing after the last whole part was written
 */
export async function applyRange(
  context: BatchContext,
  leased: LeasedState,
  events: readonly RecordedEvent[],
  upTo: Position,
  behind = false,
): Promise<LeasedState> {
  const failures = new Map<Position, Failure>();
  const range = { after: leased.lease.position, upTo, behind, owner: leased.owner, ...leftOut(leased) };
  for (;;) {
    const error = await attempt(context, leased, () => commit(context, leased, events, range, failures));
    if (!(error instanceof BatchFailed)) return error;
    const failure = named(error.cause, range) ?? (await single(context, leased.lease, events, range, error));
    if (failure && !failures.has(failure.event.position)) failures.set(failure.event.position, failure);
    else if (upTo - range.after > 1n) return halve(context, leased, events, range);
    // It fails over rows of this position without the event, too: leave the position out, a rebuild will bring it.
    else return commit(context, leased, events, range, failures, 'skip');
  }
}

const leftOut = ({ lease: { workspace }, blocked }: LeasedState): Pick<Range, 'blocked'> =>
  workspace === null ? {} : { blocked: confine(workspace, blocked) };

/** The new state, or the failure when an event may be to blame for it. */
async function attempt(
  { checkpoints }: BatchContext,
  { lease }: LeasedState,
  work: () => Promise<LeasedState>,
): Promise<LeasedState | BatchFailed> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BatchFailed) || error.fault !== 'data') throw error;
    // Rows that the new owner wrote look like bad data to a late one.
    await checkpoints.assertHeld(lease);
    return error;
  }
}

async function halve(
  context: BatchContext,
  leased: LeasedState,
  events: readonly RecordedEvent[],
  { upTo, behind = false }: Range,
): Promise<LeasedState> {
  const middle = (leased.lease.position + upTo) / 2n;
  const early = events.filter(({ position }) => position <= middle);
  const late = events.filter(({ position }) => position > middle);
  return applyRange(context, await applyRange(context, leased, early, middle, true), late, upTo, behind);
}

/** The event that the subscription itself named. */
function named(error: unknown, { after, upTo }: Range): Failure | undefined {
  if (!(error instanceof PoisonedEvent)) return undefined;
  const { event, keys } = error;
  if (event.position <= after || event.position > upTo) return undefined;
  return { event, keys, error: describeError(error.cause) };
}

/** The event at the only position of the stretch, also when the subscription does not handle it but failed over it. */
async function single(
  { store }: BatchContext,
  { workspace }: Lease,
  events: readonly RecordedEvent[],
  { after, upTo }: Range,
  { cause }: BatchFailed,
): Promise<Failure | undefined> {
  if (upTo - after > 1n) return undefined;
  const event = events[0] ?? (await store.readAll(after, 1))[0];
  if (!event || event.position > upTo) return undefined;
  if (workspace !== null && event.workspace !== workspace) return undefined;
  return { event, keys: keysNamedIn(event), error: describeError(cause) };
}

async function commit(
  context: BatchContext,
  { lease, blocked, owner }: LeasedState,
  events: readonly RecordedEvent[],
  range: Range,
  failures: ReadonlyMap<Position, Failure>,
  skip?: 'skip',
): Promise<LeasedState> {
  const { onDeadLetters } = context;
  const usual = !blocked.any && failures.size === 0 && !skip;
  const trial = usual ? blocked : new BlockedKeys(blocked);
  let added: readonly DeadLetter[] = [];
  const moved = await inLease(context, lease, async (tx) => {
    if (usual) await deliver(context, events, tx, range);
    else added = await applyUnblocked(context, tx, lease, { events, range, failures, blocked: trial, skip });
    return context.checkpoints.advance(tx, lease, range.upTo);
  });
  if (added.length > 0) onDeadLetters(added);
  return { lease: moved, blocked: trial, owner };
}

interface Unusual {
  readonly events: readonly RecordedEvent[];
  readonly range: Range;
  readonly failures: ReadonlyMap<Position, Failure>;
  readonly blocked: BlockedKeys;
  readonly skip: 'skip' | undefined;
}

/** One transaction of the owner. A reactor's holds the lease, as what it does is not rolled back when the lease is lost. */
export function inLease<T>(
  { subscription, pool, checkpoints }: BatchContext,
  lease: Lease,
  work: (tx: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return inBatch(
    pool,
    idleTransactionTimeout(checkpoints.leaseMs),
    async (tx) => {
      if (isReactor(subscription)) await checkpoints.hold(tx, lease);
      return work(tx);
    },
    lease.searchPath,
  );
}

/** Hands events to the subscription. */
export function deliver(
  { subscription, store }: BatchContext,
  events: readonly RecordedEvent[],
  tx: pg.PoolClient,
  range: Range,
): Promise<void> {
  if (!isReactor(subscription)) return subscription.apply(events, tx, { ...range, log: store });
  return subscription.react(events, reactorContext(store, tx, range));
}

/** Has a reactor do what became due while the log stands still. @throws Fenced, BatchFailed */
export async function deliverIdle(context: BatchContext, { lease }: LeasedState): Promise<void> {
  const { subscription, store } = context;
  const { position } = lease;
  if (!isReactor(subscription) || !subscription.onIdle) return;
  const range = { after: position, upTo: position };
  await inLease(context, lease, async (tx) => subscription.onIdle?.(reactorContext(store, tx, range)));
}

function reactorContext(
  store: EventStore,
  tx: pg.PoolClient,
  { after, upTo }: Pick<Range, 'after' | 'upTo'>,
): ReactorContext {
  // A process that was frozen has lost its session, and with it the lock on its lease.
  const assertLease = async (): Promise<void> => {
    await tx.query('SELECT');
  };
  return { tx, store, assertLease, range: { after, upTo } };
}

/** Hands over what waits behind nothing; the rest becomes dead letters. */
async function applyUnblocked(
  context: BatchContext,
  tx: pg.PoolClient,
  lease: Lease,
  { events, range, failures, blocked, skip }: Unusual,
): Promise<readonly DeadLetter[]> {
  const { subscription } = context;
  const unhandled = [...failures.values()].flatMap(({ event }) => (events.includes(event) ? [] : [event]));
  const all = [...events, ...unhandled];
  const { apply, deadLetters } = splitBatch(all, await keysOf(subscription, all, tx), failures, blocked);
  if (!skip) await deliver(context, apply, tx, { ...range, blocked: confine(lease.workspace, blocked) });
  await insertDeadLetters(tx, lease, deadLetters);
  const wide = apply.filter((event) => keysNamedIn(event).includes(`workspace:${event.workspace}`));
  // One that works from rows left out whatever concerned the dead letters since.
  const passedBy = subscription.after.length > 0 ? deadLetters.map(({ event }) => event) : [];
  const overtaken = skip ? all : [...wide, ...unhandled, ...passedBy];
  if (overtaken.length > 0) await markOvertaken(tx, lease, overtaken);
  return deadLetters;
}

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `${error.name}: ${error.message}${code}`;
}
