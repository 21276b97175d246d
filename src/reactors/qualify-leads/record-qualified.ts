import { leadDecisionId } from '../../domain/lead-events.js';
import { qualify } from '../../domain/lead-decisions.js';
import type { LeadState } from '../../domain/lead-lifecycle.js';
import { StoreUnavailable, WrongExpectedVersion } from '../../event-store/event-store.js';
import { handleLeads, type LeadCommand } from '../../event-store/handle-lead.js';
import { loadLeadIds } from '../../read-models/lead-lookup.js';
import { leadKey, type LoadedLead } from '../../read-models/lead-snapshots.js';
import { Outage } from '../../subscriptions/batch-transaction.js';
import type { ReactorContext } from '../../subscriptions/subscription.js';

/** A lead that was found ready. */
export interface ReadyLead {
  readonly lead: LoadedLead;
  readonly at: Date;
  readonly modelVersion: number;
  readonly score: number;
  readonly reasons: readonly string[];
}

/** So many decisions are appended in one transaction. */
const AT_ONCE = 100;

/** Appends the decisions. One that is in the log already is not appended again: its id follows from lead and cycle. */
export async function recordQualified(context: ReactorContext, leads: readonly ReadyLead[]): Promise<void> {
  if (leads.length === 0) return;
  const ids = await loadLeadIds(
    context.tx,
    leads.map(({ lead }) => lead),
  );
  for (let from = 0; from < leads.length; from += AT_ONCE) {
    await context.assertLease();
    const some = leads.slice(from, from + AT_ONCE);
    const commands = some.map((each) => qualifying(each, ids.get(leadKey(each.lead)) ?? []));
    await handleLeads(context.store, commands).catch(laterIfAway);
  }
}

function qualifying(ready: ReadyLead, leadIds: readonly string[]): LeadCommand {
  const { lead, at, modelVersion, score, reasons } = ready;
  const { workspace, leadId, persona, stage, grade, decided } = lead;
  const data = {
    modelVersion,
    ...(persona !== null && { persona }),
    ...(stage !== null && { stage }),
    score: Math.round(score * 100) / 100,
    grade: grade ?? 'F',
    reasons,
  };
  return {
    ...{ workspace, leadIds },
    // Assessed on what the read model knew: if more was decided since, that stands.
    decide: (state) => (isSame(state, decided) ? qualify({ leadId, now: at, ...data }, state) : []),
    provenance: { id: leadDecisionId(workspace, leadId, decided.lastCycle + 1, 'LeadQualified') },
  };
}

const isSame = (a: LeadState, b: LeadState): boolean =>
  a.status === b.status && a.lastCycle === b.lastCycle && +(a.since ?? 0) === +(b.since ?? 0);

/** The log that is away, or a stream that others append to all the time. */
function laterIfAway(error: unknown): never {
  if (error instanceof StoreUnavailable || error instanceof WrongExpectedVersion)
    throw new Outage(error.message, { cause: error });
  throw error;
}
