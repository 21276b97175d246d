import type { PoolClient } from 'pg';
import { leadUnderModel, type LeadSnapshot } from '../domain/lead-snapshot.js';
import type { RoutingConditions } from '../domain/routing/routing-conditions.js';
import { leadKey, loadLeads, loadTouches, type Moment } from './lead-snapshots.js';

/**
 * What routing conditions read of leads of a workspace, by lead id; their touchpoints only where a condition reads any.
 *
 * @param moment undefined: now
 */
export async function routingSnapshots(
  tx: PoolClient,
  { model, readJourneys }: RoutingConditions,
  { workspace, leadIds }: { readonly workspace: string; readonly leadIds: readonly string[] },
  moment?: Moment,
): Promise<ReadonlyMap<string, LeadSnapshot>> {
  const keys = leadIds.map((leadId) => ({ workspace, leadId }));
  const loaded = await loadLeads(tx, keys, moment);
  if (!readJourneys) return new Map(loaded.map((lead) => [lead.leadId, lead]));
  const touches = await loadTouches(tx, keys, moment);
  return new Map(
    loaded.map((lead) => [lead.leadId, leadUnderModel(model, lead, touches.get(leadKey(lead)) ?? [])]),
  );
}
