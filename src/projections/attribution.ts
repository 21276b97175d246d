import type { PoolClient } from 'pg';
import { DAY_MS } from '../domain/model.js';
import type { RecordedEvent } from '../domain/events.js';
import { creditsAt, METRICS } from './attribution/credits.js';
import { allDeals, dirtyByChanges, type Dirty } from './attribution/dirty.js';
import { loadInputs } from './attribution/inputs.js';
import { Ledger } from './attribution/ledger.js';
import { TermsOfRange } from './attribution/terms.js';
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

/** So many deals are read at a time: a model that attributes otherwise concerns them all. */
const DEALS_AT_ONCE = 50;
const VERSIONS_AT_ONCE = 200;

/**
 * The credit ledger. For each deal that an event may have concerned, its credits are computed anew from what was true
 * right after that event; only what differs becomes a new version, known from that very position. So the versions are
 * the same however the log was cut into batches.
 */
export const attribution: Projection = {
  name: 'attribution',
  version: 2,
  handles: HANDLES,
  after: ['journey', 'opportunities'],
  tables: ['touchline.attribution_path', 'touchline.attribution_share'],
  async apply(batch, tx, range) {
    const events = batch as readonly RecordedEvent<(typeof HANDLES)[number]>[];
    const dirty = [...(await dirtyByEvents(tx, events, range)), ...(await dirtyByChanges(tx, range))].filter(
      ({ workspace, opportunityId }) => !range.parked?.has(workspace, `opportunity:${opportunityId}`),
    );
    for (const [workspace, ofWorkspace] of Map.groupBy(dirty, (each) => each.workspace)) {
      await attribute(tx, range, workspace, positionsByDeal(ofWorkspace));
    }
  },
};

async function dirtyByEvents(
  tx: PoolClient,
  events: readonly RecordedEvent<(typeof HANDLES)[number]>[],
  range: Range,
): Promise<Dirty[]> {
  const dirty: Dirty[] = [];
  for (const { workspace, position, data } of events) {
    if ('opportunityId' in data) dirty.push({ workspace, opportunityId: data.opportunityId, position });
    else if ((await TermsOfRange.load(tx, range, workspace)).changedAt(position)) {
      dirty.push(...(await allDeals(tx, workspace, position)));
    }
  }
  return dirty;
}

/** The positions to look at for each deal, each once, in order. */
function positionsByDeal(dirty: readonly Dirty[]): [opportunityId: string, positions: bigint[]][] {
  return [...Map.groupBy(dirty, ({ opportunityId }) => opportunityId)].map(([opportunityId, marks]) => [
    opportunityId,
    [...new Set(marks.map(({ position }) => position))].sort((a, b) => (a < b ? -1 : 1)),
  ]);
}

async function attribute(
  tx: PoolClient,
  range: Range,
  workspace: string,
  deals: readonly (readonly [opportunityId: string, positions: readonly bigint[]])[],
): Promise<void> {
  const terms = await TermsOfRange.load(tx, range, workspace);
  for (let start = 0; start < deals.length; start += DEALS_AT_ONCE) {
    const some = deals.slice(start, start + DEALS_AT_ONCE);
    const ids = some.map(([opportunityId]) => opportunityId);
    const inputs = await loadInputs(tx, range, workspace, ids, terms.longestLookbackDays * DAY_MS);
    const ledger = await Ledger.of(tx, workspace, ids);
    for (const [opportunityId, positions] of some) {
      for (const position of positions) {
        const inForce = terms.at(position);
        const credits = creditsAt(inputs, opportunityId, position, inForce);
        for (const metric of METRICS) {
          const path = credits.find((each) => each.metric === metric);
          ledger.put(opportunityId, metric, position, path, inForce.settings);
        }
      }
      if (ledger.pending >= VERSIONS_AT_ONCE) await ledger.write();
    }
    await ledger.write();
  }
}
