import type { PoolClient } from 'pg';
import { DAY_MS } from '../domain/model/journey-model.js';
import type { RecordedEvent } from '../domain/events.js';
import { creditsAt, METRICS } from '../read-models/attribution/credits.js';
import { loadInputs } from '../read-models/attribution/inputs.js';
import { TermsOfRange } from '../read-models/attribution/terms.js';
import { allOpportunities, deferred, dirtyByChanges, hasDeferred, type Dirty } from './attribution/dirty.js';
import { type Gap, Ledger } from './attribution/ledger.js';
import type { Projection, Range } from '../subscriptions/subscription.js';

const HANDLES = [
  'OpportunityOpened',
  'OpportunityChanged',
  'ContactRoleAssigned',
  'OpportunityWon',
  'OpportunityLost',
  'OpportunityReopened',
  'OpportunityDeleted',
  'JourneyModelPublished',
] as const;

/** So many opportunities are read at a time. */
const AT_ONCE = 50;
/** So many touches wait in memory to be written. */
const TOUCHES_AT_ONCE = 5_000;
/** Credits of fewer touches are always computed at once. */
const MANY_TOUCHES = 1_000;
/** At so many positions of a batch the credits of one opportunity are computed; of more, only at the last. */
const POSITIONS_AT_ONCE = 16;

/**
 * The credit ledger. For each opportunity that a batch may have concerned, its credits are computed from what was true
 * right after each of its own events and after the last other change; only what differs becomes a new version, known from
 * that very position. Where further changes came before, the ledger leaves a gap, in which questions compute the credits
 * by the same functions. So the cost of a batch does not depend on how its changes are ordered, and answers as of a
 * position do not depend on how the log was cut into batches (docs/adr/0030).
 */
export const attributionKeeping = ({ opportunities }: { readonly opportunities: number }): Projection => ({
  name: 'attribution',
  version: 5,
  handles: HANDLES,
  after: ['journey', 'opportunities'],
  defers: hasDeferred,
  tables: ['attribution_path', 'attribution_share', 'attribution_gap'],
  // Which versions there are depends on the batches; what stands now does not, unless it was left to a later batch.
  comparable: {
    attribution_path: `
      SELECT (to_jsonb(path) - '{path_id,known_from}'::text[])::text FROM attribution_path path WHERE superseded_at IS NULL
      UNION ALL SELECT NULL FROM attribution_gap WHERE upper_inf(positions)`,
    attribution_share: `
      SELECT (to_jsonb(share) - 'path_id')::text
      FROM attribution_share share JOIN attribution_path USING (path_id) WHERE superseded_at IS NULL
      UNION ALL SELECT NULL FROM attribution_gap WHERE upper_inf(positions)`,
    attribution_gap: null,
  },
  async apply(batch, tx, range) {
    const events = batch as readonly RecordedEvent<(typeof HANDLES)[number]>[];
    const dirty = [
      ...(await dirtyByEvents(tx, events, range, opportunities)),
      ...(await dirtyByChanges(tx, range)),
      ...(await deferred(tx, range, opportunities)),
    ].filter(
      ({ workspace, opportunityId }) => !range.blocked?.has(workspace, `opportunity:${opportunityId}`),
    );
    for (const [workspace, ofWorkspace] of Map.groupBy(dirty, (each) => each.workspace)) {
      await attribute(
        tx,
        range,
        workspace,
        Map.groupBy(ofWorkspace, ({ opportunityId }) => opportunityId),
      );
    }
  },
});

/** A model that attributes otherwise concerns all opportunities; of more than these it leaves them to later batches. */
export const attribution = attributionKeeping({ opportunities: 1_000 });

async function dirtyByEvents(
  tx: PoolClient,
  events: readonly RecordedEvent<(typeof HANDLES)[number]>[],
  range: Range,
  atOnce: number,
): Promise<Dirty[]> {
  const dirty: Dirty[] = [];
  for (const [workspace, ofWorkspace] of Map.groupBy(events, (event) => event.workspace)) {
    const terms = await TermsOfRange.load(tx, range, workspace);
    for (const { position, data } of ofWorkspace) {
      if ('opportunityId' in data)
        dirty.push({ workspace, opportunityId: data.opportunityId, first: position, last: position });
      else if (terms.changedAt(position))
        // One by one: as arguments of a call they may be too many.
        for (const each of await allOpportunities(tx, workspace, position, atOnce)) dirty.push(each);
    }
  }
  return dirty;
}

async function attribute(
  tx: PoolClient,
  range: Range,
  workspace: string,
  dirty: ReadonlyMap<string, readonly Dirty[]>,
): Promise<void> {
  const terms = await TermsOfRange.load(tx, range, workspace);
  const all = [...dirty];
  for (let start = 0; start < all.length; start += AT_ONCE) {
    const chunk = all.slice(start, start + AT_ONCE);
    const ledger = await Ledger.of(
      tx,
      workspace,
      chunk.map(([opportunityId]) => opportunityId),
    );
    const some = await withoutCostly(chunk, ledger, range);
    const ids = some.map(([opportunityId]) => opportunityId);
    const lookbackMs = terms.longestLookbackDays * DAY_MS;
    const inputs = await loadInputs(tx, range, workspace, ids, { lookbackMs });
    for (const [opportunityId, changes] of some) {
      const { positions, gaps } = planOf(changes);
      ledger.leaveGaps(opportunityId, gaps);
      for (const position of positions) {
        const inForce = terms.at(position);
        const credits = creditsAt(inputs, opportunityId, position, inForce);
        for (const metric of METRICS) {
          const path = credits.find((each) => each.metric === metric);
          ledger.put(opportunityId, metric, position, path, inForce.settings);
        }
        if (ledger.pending >= TOUCHES_AT_ONCE) await ledger.write();
      }
    }
    await ledger.write();
  }
}

/**
 * While more of the log waits, credits of many touches are left to a later batch, unless so many events have passed since
 * that all batches together cost no more than the log is long. Returns what is to be computed now.
 */
async function withoutCostly(
  dirty: readonly (readonly [opportunityId: string, changes: readonly Dirty[]])[],
  ledger: Ledger,
  { behind = false, upTo }: Range,
): Promise<readonly (readonly [opportunityId: string, changes: readonly Dirty[]])[]> {
  const now: (readonly [string, readonly Dirty[]])[] = [];
  for (const [opportunityId, changes] of dirty) {
    const [first = upTo] = changes.map((change) => change.first).sort(ascending);
    const touches = ledger.touchesOf(opportunityId);
    const isOpen = changes.some(({ isDeferred }) => isDeferred);
    const isCostly = behind && touches > MANY_TOUCHES && upTo - first < BigInt(touches);
    if (!isCostly) now.push([opportunityId, changes]);
    if (isCostly && !isOpen) await ledger.openGap(opportunityId, first);
    if (!isCostly && isOpen) await ledger.closeGap(opportunityId);
  }
  return now;
}

/** The positions at which the credits of an opportunity are computed, in order, and the gaps that this leaves. */
function planOf(changes: readonly Dirty[]): { positions: bigint[]; gaps: Gap[] } {
  const positions = [...new Set(changes.map(({ last }) => last))].sort(ascending);
  const gaps = changes.filter(({ first, last }) => first < last);
  const last = positions.at(-1);
  if (positions.length <= POSITIONS_AT_ONCE || last === undefined) return { positions, gaps };
  const [first = last] = changes.map((change) => change.first).sort(ascending);
  return { positions: [last], gaps: [{ first, last }] };
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
