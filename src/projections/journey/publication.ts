import type { PoolClient } from 'pg';
import type { Position } from '../../domain/events.js';
import { runStatements } from '../../read-models/statements.js';
import { Accounts } from './accounts.js';
import { loadLeadsAfter } from './load.js';
import type { Models } from './models.js';
import { rereadJourney, writeJourney } from './journey-rows.js';
import { claimedBy } from './lead-facts.js';
import { run, type Loading } from './loading.js';
import type { Lead } from './records.js';
import { refreshProfile } from './refresh-profile.js';
import { UnitOfWork } from './unit-of-work.js';
import { WorkingSet } from './working-set.js';

/** Leads whose journeys are in memory at the same time. */
const CHUNK = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Reads every journey of a workspace with the model now in force. */
export async function refoldEverybody(
  tx: PoolClient,
  models: Models,
  workspace: string,
  position: Position,
  healing: boolean,
): Promise<void> {
  for (let after = BEFORE_ALL; ;) {
    const page = await loadLeadsAfter(tx, workspace, after, CHUNK);
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
    yield* rereadJourney(unit, lead);
    writeJourney(unit, lead, position);
  }
}

/** Recomputes the days of touchpoints, also of superseded rows, in the time zone of the model now in force. */
export async function moveDays(
  tx: PoolClient,
  models: Models,
  workspace: string,
  before: string,
): Promise<void> {
  const { timeZone } = models.of(workspace);
  if (timeZone === before) return;
  await tx.query(
    `UPDATE journey SET occurred_date = (occurred_at AT TIME ZONE $2)::date
      WHERE workspace = $1 AND occurred_date <> (occurred_at AT TIME ZONE $2)::date`,
    [workspace, timeZone],
  );
}
