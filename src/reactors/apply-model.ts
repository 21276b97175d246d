import type { PoolClient } from 'pg';
import { eventId } from '../domain/event-id.js';
import { isEvent, type NewEvent, type RecordedEvent } from '../domain/events.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { Outage } from '../subscriptions/batch-transaction.js';
import type { Reactor, ReactorContext } from '../subscriptions/subscription.js';

/** Leads and touchpoints of a slice: the projection is busy with one for some tenths of a second. */
const SLICE = 10_000;
/** Slices that are appended before the first of them is applied, so that the projection need not wait. */
const AHEAD = 2;
const ALL_LEADS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * Has a published model reach the leads slice by slice (docs/adr/0049). Each slice is an event, and a further one follows when
 * the journeys of an earlier one are recomputed. Slices are numbered by their stream, so that a crash, a second process or a
 * rebuild appends none twice.
 */
export const modelApplication = (slice: number): Reactor => ({
  name: 'apply_model',
  version: 1,
  handles: ['JourneyModelPublished', 'JourneyModelApplied'],
  after: ['journey'],
  startFrom: 'beginning',
  rebuild: 'never',
  async react(batch, context) {
    for (const event of batch) {
      const slices = slicesUpTo(event);
      if (slices) await appendSlices(event, slices, slice, context);
    }
  },
});

export const applyModel = modelApplication(SLICE);

/** Slices of a version up to an event. */
interface Slices {
  readonly modelVersion: number;
  readonly count: number;
  /** The last lead; null: all are reached; undefined: there are no slices. */
  readonly upTo: string | null | undefined;
}

function slicesUpTo(event: RecordedEvent): Slices | undefined {
  const { version } = event;
  if (version === undefined) return undefined;
  if (isEvent(event, 'JourneyModelPublished')) return { modelVersion: version, count: 0, upTo: undefined };
  return isEvent(event, 'JourneyModelApplied') ? { ...event.data, count: version } : undefined;
}

/** Makes sure that there are as many slices beyond an event as should be. */
async function appendSlices(
  { workspace, id: causationId, occurredAt }: RecordedEvent,
  { modelVersion, count: before, upTo: last }: Slices,
  work: number,
  { tx, store, assertLease }: ReactorContext,
): Promise<void> {
  const start = await startOf(tx, workspace, modelVersion);
  if (start === undefined || last === null) return;
  const stream = `model-application-${modelVersion}`;
  const later = await store.readStream(workspace, stream, before, AHEAD).catch(laterIfAway);
  let upTo = last ?? start;
  for (let number = before + 1; number <= before + AHEAD; number += 1) {
    const known = later.find(({ version }) => version === number);
    const bound = known ? boundOf(known) : await nextBound(tx, workspace, upTo, work);
    if (!known) {
      const id = eventId(workspace, 'reactor:apply_model', stream, String(number));
      const data = { modelVersion, upTo: bound };
      const slice: NewEvent = {
        id,
        type: 'JourneyModelApplied',
        schemaVersion: 1,
        causationId,
        occurredAt,
        data,
      };
      const expected = number === 1 ? ('noStream' as const) : { exact: number - 1 };
      await assertLease();
      const [result] = await store
        .append([{ workspace, stream, expected, events: [slice] }])
        .catch(laterIfAway);
      // Another process has appended it, and goes on from there.
      if (result?.status !== 'appended') return;
    }
    if (bound === null) return;
    upTo = bound;
  }
}

const boundOf = (event: RecordedEvent): string | null =>
  isEvent(event, 'JourneyModelApplied') ? event.data.upTo : null;

/** Where a version has come to; undefined: it has reached all leads, or another one is the latest. */
async function startOf(tx: PoolClient, workspace: string, modelVersion: number): Promise<string | undefined> {
  const { rows } = await tx.query<{ model_version: number; applied_to: string }>(
    `SELECT model_version, applied_to FROM touchline.model_application
     WHERE workspace = $1 AND superseded_at IS NULL ORDER BY model_version DESC LIMIT 1`,
    [workspace],
  );
  const [latest] = rows;
  return latest?.model_version === modelVersion && latest.applied_to !== ALL_LEADS
    ? latest.applied_to
    : undefined;
}

/** Each lead counts as one touchpoint more than it has, so no slice has more leads than work. The first lead is always in it. */
const NEXT_BOUND = `
  WITH next AS (
    SELECT lead_id, sum(touchpoints + 1) OVER (ORDER BY lead_id) AS work, lead(lead_id) OVER (ORDER BY lead_id) IS NULL AS "isLast",
           row_number() OVER (ORDER BY lead_id) AS number
    FROM (SELECT lead_id, touchpoints FROM touchline.lead WHERE workspace = $1 AND lead_id > $2
          ORDER BY lead_id LIMIT $3 + 1) few)
  SELECT lead_id AS bound, "isLast" FROM next WHERE work <= $3 OR number = 1 ORDER BY number DESC LIMIT 1`;

/** The last lead of a slice of so much work after a lead; null: all that follow are of the slice. */
async function nextBound(
  tx: PoolClient,
  workspace: string,
  after: string,
  work: number,
): Promise<string | null> {
  const { rows } = await tx.query<{ bound: string; isLast: boolean }>(NEXT_BOUND, [workspace, after, work]);
  const [last] = rows;
  return last && !last.isLast ? last.bound : null;
}

/** The log that is away is no fault of the event. */
function laterIfAway(error: unknown): never {
  if (error instanceof StoreUnavailable) throw new Outage(error.message, { cause: error });
  throw error;
}
