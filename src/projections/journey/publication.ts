import type { PoolClient } from 'pg';
import { type Position, type RecordedEvent } from '../../domain/events.js';
import { haveSameJourneys } from '../../domain/model/journey-parts.js';
import { runStatements } from '../../read-models/statements.js';
import { PoisonedEvent, type Range } from '../../subscriptions/subscription.js';
import { Accounts } from './accounts.js';
import { isLate, positionOf } from './batch-item.js';
import { loadLeadsBetween } from './load.js';
import { ALL_LEADS, NO_LEAD, type Models } from './models.js';
import { refoldJourney, writeJourney } from './journey-rows.js';
import { claimedBy } from './lead-facts.js';
import { run, type Loading } from './loading.js';
import type { Lead } from './records.js';
import { refreshProfile } from './refresh-profile.js';
import { UnitOfWork } from './unit-of-work.js';
import { WorkingSet } from './working-set.js';

/** Leads whose journeys are in memory at the same time. */
const CHUNK = 500;

/** Puts a model in force: for all leads, or where they are many for those that later events name (docs/adr/0049). */
export async function publish(
  event: RecordedEvent<'JourneyModelPublished'>,
  tx: PoolClient,
  range: Range,
  models: Models,
): Promise<void> {
  const { workspace, data } = event;
  const position = positionOf(event, range);
  const before = { model: models.of(workspace), pending: models.pending(workspace) };
  try {
    await models.publish(event, position);
  } catch (cause) {
    throw new PoisonedEvent(event, [`workspace:${workspace}`], { cause });
  }
  const late = isLate(event, range);
  // Out of office and routing change often, journeys with them never.
  if (!late && haveSameJourneys(before.model, models.of(workspace)))
    return models.apply(event, before.pending?.appliedTo ?? ALL_LEADS, position);
  if (!late && data.atOnce !== undefined && (await isMore(tx, workspace, data.atOnce)))
    return models.apply(event, NO_LEAD, position);
  return applyTo(event, ALL_LEADS, tx, range, models);
}

/** Goes on with the latest model; what an earlier one still had to reach, the latest reaches. */
export async function continueModel(
  event: RecordedEvent<'JourneyModelApplied'>,
  tx: PoolClient,
  range: Range,
  models: Models,
): Promise<void> {
  const { modelVersion, upTo } = event.data;
  const pending = models.pending(event.workspace);
  const bound = upTo ?? ALL_LEADS;
  if (pending?.version !== modelVersion || bound <= pending.appliedTo) return;
  await applyTo(event, bound, tx, range, models);
}

/** Computes the leads again that the latest model now reaches. */
async function applyTo(
  event: RecordedEvent,
  upTo: string,
  tx: PoolClient,
  range: Range,
  models: Models,
): Promise<void> {
  const { workspace } = event;
  const position = positionOf(event, range);
  const after = models.pending(workspace)?.appliedTo ?? NO_LEAD;
  const zones = models.timeZones(workspace);
  await models.apply(event, upTo, position);
  const leads = { workspace, after, upTo };
  await refoldLeads(tx, models, leads, position, isLate(event, range));
  if (zones.size > 1) await moveDays(tx, models, leads);
}

/** Of a workspace, in the order of their ids: those after one, up to another. */
export interface LeadRange {
  readonly workspace: string;
  readonly after: string;
  readonly upTo: string;
}

/** Whether leads and their touchpoints are more than `most`. */
async function isMore(tx: PoolClient, workspace: string, most: number): Promise<boolean> {
  const { rows } = await tx.query<{ more: boolean }>(
    `SELECT coalesce(sum(touchpoints + 1), 0) > $2 AS more
     FROM (SELECT touchpoints FROM lead WHERE workspace = $1 LIMIT $2 + 1) few`,
    [workspace, most],
  );
  return rows[0]?.more ?? false;
}

async function refoldLeads(
  tx: PoolClient,
  models: Models,
  { workspace, after: first, upTo }: LeadRange,
  position: Position,
  healing: boolean,
): Promise<void> {
  for (let after = first; ;) {
    const page = await loadLeadsBetween(tx, { workspace, after, upTo }, CHUNK);
    const set = new WorkingSet({ tx, models, accounts: new Accounts(tx) });
    const leads = page.map((stored) => set.adopt(stored));
    await run(refold(new UnitOfWork(set, set.nextGroup()), leads, position));
    await runStatements(tx, set.seal(healing));
    after = page.at(-1)?.leadId ?? after;
    if (page.length < CHUNK) return;
  }
}

/** The model says which addresses are of companies, so names are derived again, from all keys and facts of a lead. */
function* refold(unit: UnitOfWork, leads: readonly Lead[], position: Position): Loading {
  yield* unit.loadLeads(leads);
  for (const lead of leads) {
    const entries = [...lead.journey.entries.values()];
    lead.names = { ...lead.names, claimed: claimedBy(unit, lead, { entries, facts: lead.facts }) };
    yield* refreshProfile(unit, lead, position);
    refoldJourney(unit, lead);
    writeJourney(unit, lead, position);
  }
}

/**
 * Computes the days of touchpoints again, also of superseded rows, in the time zone of the latest model. They are for `bi` and for the
 * index by day; reports, which may be of an earlier position, make days of the instants.
 */
async function moveDays(
  tx: PoolClient,
  models: Models,
  { workspace, after, upTo }: LeadRange,
): Promise<void> {
  const { timeZone } = models.of(workspace);
  await tx.query(
    `UPDATE journey SET occurred_date = (occurred_at AT TIME ZONE $2)::date
      WHERE workspace = $1 AND occurred_date <> (occurred_at AT TIME ZONE $2)::date
        AND lead_id > $3 AND lead_id <= $4`,
    [workspace, timeZone, after, upTo],
  );
}
