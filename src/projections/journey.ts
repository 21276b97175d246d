import type { PoolClient } from 'pg';
import type { RecordedEvent } from '../domain/events.js';
import { keysOrNone } from '../subscriptions/dead-letters.js';
import type { OrderingKey, Projection } from '../subscriptions/subscription.js';
import { applyBatch } from './journey/batch.js';
import { isPersonal, keysOf } from './journey/facts.js';
import { WorkingSetCache, type Limits } from './journey/working-set-cache.js';

/**
 * Who is who, and what each lead's journey comes to: identity, profile, touchpoints, buying stage and score, as
 * versions by log position (0005-journey.sql, ADR 0007).
 */
export const journeyKeeping = (limits: Limits): Projection => ({
  name: 'journey',
  version: 13,
  handles: [
    'TouchpointRecorded',
    'TouchpointWithdrawn',
    'IdentityClaimed',
    'IdentitiesMerged',
    'IdentitiesSplit',
    'ConsentChanged',
    'AccountObserved',
    'ContactRoleAssigned',
    'JourneyModelPublished',
    'JourneyModelApplied',
    'VerdictRulePublished',
    'VerdictRuleWithdrawn',
  ],
  after: [],
  tables: [
    'journey_model',
    'model_application',
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
    'mail_group',
    'mail_slot',
    'activity_version',
    'activity_contact',
    'verdict_rule',
  ],
  apply: applyWith(new WorkingSetCache(limits)),
  orderingKeys,
});

export const journey = journeyKeeping({ leads: 2_000, keys: 10_000, touchpoints: 120_000 });

/** What a batch read is kept for the one after it. */
function applyWith(cache: WorkingSetCache): Projection['apply'] {
  return async (batch, tx, range) => {
    const kept = cache.take(range);
    cache.keep(range, await applyBatch(batch, tx, range, kept));
  };
}

/** The leads that the keys of events belong to now. */
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
