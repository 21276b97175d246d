import type pg from 'pg';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Checkpoints, Lease } from './checkpoint.js';
import { longestSilenceInBatch } from './lease.js';
import {
  type Failure,
  ParkedKeys,
  type ToPark,
  divide,
  insertParked,
  keysOf,
  markOvertaken,
  namedKeys,
} from './parking.js';
import { PoisonedEvent, type Projection, type Range } from './projection.js';
import { BatchFailed, inBatch } from './transaction.js';

/** What the owner of a projection carries from batch to batch. */
export interface Standing {
  readonly lease: Lease;
  readonly held: ParkedKeys;
  /** `Range.owner` of its batches. */
  readonly owner: object;
}

export interface BatchTools {
  readonly projection: Projection;
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly checkpoints: Checkpoints;
  readonly onParked: (parked: readonly ToPark[]) => void;
}

/**
 * Applies a stretch of the log. When it fails for its data, the stretch is halved until the one event at fault is found;
 * that one is parked, and the rest goes on.
 *
 * @throws Fenced somebody else owns the projection
 * @throws BatchFailed `outage` or `schema`: nothing after the last whole part was written
 */
export async function applyStretch(
  tools: BatchTools,
  standing: Standing,
  events: readonly RecordedEvent[],
  upTo: Position,
  behind = false,
): Promise<Standing> {
  const failures = new Map<Position, Failure>();
  const range = { after: standing.lease.position, upTo, behind, owner: standing.owner };
  for (;;) {
    const error = await attempt(tools, standing, () => commit(tools, standing, events, range, failures));
    if (!(error instanceof BatchFailed)) return error;
    const failure = named(error.cause, range) ?? (await single(tools, events, range, error));
    if (failure && !failures.has(failure.event.position)) failures.set(failure.event.position, failure);
    else if (upTo - range.after > 1n) return halve(tools, standing, events, range);
    // It fails over rows of this position without the event, too: leave the position out, a rebuild will mend it.
    else return commit(tools, standing, events, range, failures, 'skip');
  }
}

/** The new standing, or the failure when an event may be to blame for it. */
async function attempt(
  { checkpoints }: BatchTools,
  { lease }: Standing,
  work: () => Promise<Standing>,
): Promise<Standing | BatchFailed> {
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
  tools: BatchTools,
  standing: Standing,
  events: readonly RecordedEvent[],
  { upTo, behind = false }: Range,
): Promise<Standing> {
  const middle = (standing.lease.position + upTo) / 2n;
  const early = events.filter(({ position }) => position <= middle);
  const late = events.filter(({ position }) => position > middle);
  return applyStretch(tools, await applyStretch(tools, standing, early, middle, true), late, upTo, behind);
}

/** The event that the projection itself named. */
function named(error: unknown, { after, upTo }: Range): Failure | undefined {
  if (!(error instanceof PoisonedEvent)) return undefined;
  const { event, keys } = error;
  if (event.position <= after || event.position > upTo) return undefined;
  return { event, keys, error: describe(error.cause) };
}

/** The event at the only position of the stretch, also when the projection does not handle it but failed over it. */
async function single(
  { store }: BatchTools,
  events: readonly RecordedEvent[],
  { after, upTo }: Range,
  { cause }: BatchFailed,
): Promise<Failure | undefined> {
  if (upTo - after > 1n) return undefined;
  const event = events[0] ?? (await store.readAll(after, 1))[0];
  if (!event || event.position > upTo) return undefined;
  return { event, keys: namedKeys(event), error: describe(cause) };
}

async function commit(
  tools: BatchTools,
  { lease, held, owner }: Standing,
  events: readonly RecordedEvent[],
  range: Range,
  failures: ReadonlyMap<Position, Failure>,
  skip?: 'skip',
): Promise<Standing> {
  const { projection, pool, checkpoints, onParked } = tools;
  const usual = !held.any && failures.size === 0 && !skip;
  const trial = usual ? held : new ParkedKeys(held);
  let parked: readonly ToPark[] = [];
  const moved = await inBatch(pool, longestSilenceInBatch(checkpoints.leaseMs), async (tx) => {
    if (projection.sends) await checkpoints.hold(tx, lease);
    if (usual) await projection.apply(events, tx, range);
    else parked = await applyUnparked(projection, tx, { events, range, failures, held: trial, skip });
    return checkpoints.advance(tx, lease, range.upTo);
  });
  if (parked.length > 0) onParked(parked);
  return { lease: moved, held: trial, owner };
}

interface Unusual {
  readonly events: readonly RecordedEvent[];
  readonly range: Range;
  readonly failures: ReadonlyMap<Position, Failure>;
  readonly held: ParkedKeys;
  readonly skip: 'skip' | undefined;
}

/** Applies what waits behind nothing and parks the rest. */
async function applyUnparked(
  projection: Projection,
  tx: pg.PoolClient,
  { events, range, failures, held, skip }: Unusual,
): Promise<readonly ToPark[]> {
  const unhandled = [...failures.values()].flatMap(({ event }) => (events.includes(event) ? [] : [event]));
  const all = [...events, ...unhandled];
  const { apply, park } = divide(all, await keysOf(projection, all, tx), failures, held);
  if (!skip) await projection.apply(apply, tx, { ...range, parked: held });
  await insertParked(tx, projection.name, park);
  const wide = apply.filter((event) => namedKeys(event).includes(`workspace:${event.workspace}`));
  // One that works from rows left out whatever concerned the parked events since.
  const leftOut = projection.after.length > 0 ? park.map(({ event }) => event) : [];
  const overtaken = skip ? all : [...wide, ...unhandled, ...leftOut];
  if (overtaken.length > 0) await markOvertaken(tx, projection.name, overtaken);
  return park;
}

export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `${error.name}: ${error.message}${code}`;
}
