import { businessMinutes } from '../domain/business-minutes.js';
import { LEAD_DECISIONS, type LeadHandedOff } from '../domain/lead-events.js';
import { leadLifecycle, type LeadDecision } from '../domain/lead-lifecycle.js';
import { CurrentVersions } from '../read-models/current-versions.js';
import { lookUp } from '../read-models/lookup.js';
import { runStatements } from '../read-models/statements.js';
import { standsNow, storedVersion } from '../read-models/versioned-table.js';
import type { Projection } from '../subscriptions/subscription.js';
import { affectedLeads, DecisionsOfLeads } from './lifecycle/affected.js';
import {
  decisionRow,
  LEAD_DECISION,
  LEAD_LIFECYCLE,
  lifecycleRow,
  type DecisionEvent,
  type DecisionRow,
  type LifecycleRow,
} from './lifecycle/rows.js';

/**
 * Decisions on leads, and what they come to for each lead. Where leads are merged or split their decisions go with their keys, so
 * each position at which a lead gained or lost some makes a version.
 */
export const lifecycle: Projection = {
  name: 'lifecycle',
  version: 3,
  handles: LEAD_DECISIONS,
  after: ['journey'],
  tables: ['lead_decision', 'lead_lifecycle'],
  async apply(batch, tx, range) {
    const events = batch as readonly DecisionEvent[];
    await runStatements(tx, LEAD_DECISION.insertMissing(events.map(decisionRow)));
    const affected = (await affectedLeads(tx, events, range)).filter(
      ({ workspace, leadId }) => !range.blocked?.has(workspace, `lead:${leadId}`),
    );
    if (affected.length === 0) return;
    const decisions = await DecisionsOfLeads.load(tx, affected);
    const keys = new Map(affected.map((each) => [keyOf(each), { ...each, value: each.leadId }]));
    const stored = await lookUp(
      tx,
      LEAD_LIFECYCLE,
      ['lead_id', 'uuid[]'],
      [...keys.values()],
      standsNow('t'),
    );
    const versions = new CurrentVersions<LifecycleRow>(LEAD_LIFECYCLE, keyOf, stored.map(storedVersion));
    for (const each of affected) {
      const row = rowOf(each.workspace, each.leadId, decisions.at(each));
      if (row) versions.put(row, each.position);
      else versions.end(keyOf(each), each.position);
    }
    await runStatements(tx, versions.flush());
  },
};

const keyOf = ({ workspace, leadId }: Pick<LifecycleRow, 'workspace' | 'leadId'>): string =>
  `${workspace}\0${leadId}`;

function rowOf(workspace: string, leadId: string, decisions: readonly DecisionRow[]) {
  let state = leadLifecycle.initial;
  let eventId = '';
  for (const { type, data, occurredAt, ...row } of decisions) {
    const event = { type, data, occurredAt: new Date(occurredAt) } as LeadDecision;
    const { since, status } = state;
    state = leadLifecycle.evolve(state, event);
    if (state.since !== since || state.status !== status) eventId = row.eventId;
  }
  const accepted = firstOf(decisions, 'LeadAccepted');
  return lifecycleRow(workspace, leadId, {
    ...{ state, eventId },
    qualifiedAt: firstOf(decisions, 'LeadQualified')?.occurredAt ?? null,
    acceptedAt: accepted?.occurredAt ?? null,
    businessMinutesToAccept: accepted ? minutesToAccept(decisions, accepted) : null,
  });
}

/** The earliest, of several then the one decided first. */
function firstOf(decisions: readonly DecisionRow[], type: DecisionRow['type']): DecisionRow | undefined {
  const [first, ...others] = decisions.filter((decision) => decision.type === type);
  return others.reduce((a, b) => (a && b.occurredAt >= a.occurredAt ? a : b), first);
}

/** In the schedule of the hand-off that was accepted; null: of a version that did not keep it. */
function minutesToAccept(decisions: readonly DecisionRow[], accepted: DecisionRow): number | null {
  const handOff = decisions.findLast(
    ({ type, leadId, position }) =>
      type === 'LeadHandedOff' && leadId === accepted.leadId && position < accepted.position,
  );
  const { workSchedule } = (handOff?.data ?? {}) as Partial<LeadHandedOff>;
  return handOff && workSchedule
    ? businessMinutes(workSchedule)(handOff.occurredAt, accepted.occurredAt)
    : null;
}
